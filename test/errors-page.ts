/** The page of the registry of refusals. Run it to write `protocol/ERRORS.md`: `node test/errors-page.ts`. */
import { writeFileSync } from 'node:fs'
import { ERRORS } from '../protocol/words/errors.ts'

export const PAGE = new URL('../protocol/ERRORS.md', import.meta.url)

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([code, e]) => `| ${code} | ${e.status} | ${e.title} | ${e.fix} |`)
  return [
    '# Refusals',
    '',
    'Every refusal of Quorate has one of these codes, wherever it is met: command line, HTTP, log. A code is stable. Made',
    'from `words/errors.ts` by `node test/errors-page.ts`.',
    '',
    '| code | HTTP | what is wrong | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(PAGE, errorsPage())
