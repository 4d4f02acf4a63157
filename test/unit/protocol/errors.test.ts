import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS, Refusal } from '../../../protocol/words/errors.ts'
import { errorsPage, PAGE } from '../../errors-page.ts'

test('the page of refusals says what the registry says; `node test/errors-page.ts` writes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(errorsPage())
})

test.each(Object.entries(ERRORS))('%s has a status of HTTP, a title and a way out', (code, { status, title, fix }) => {
  expect(code).toMatch(/^[A-Z][A-Z_]+$/)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(600)
  expect(title).toMatch(/^[A-Z].*[^.]$/)
  expect(fix).toMatch(/^[A-Z].*[^.]$/)
  expect(`${title}${fix}`).not.toContain('|')
})

test('a refusal says its code, the detail and the fix', () => {
  const refusal = new Refusal('NO_RUN', 'nothing runs in ./x')
  expect(refusal.message).toBe('NO_RUN: nothing runs in ./x')
  expect(refusal.fix).toBe(ERRORS.NO_RUN.fix)
})
