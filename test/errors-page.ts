/** The page of the registry of refusals. Run it to write `protocol/ERRORS.md`: `node test/errors-page.ts`. */
import { writeFileSync } from 'node:fs'
import { ERRORS } from '../protocol/words/errors.ts'

export const PAGE = new URL('../protocol/ERRORS.md', import.meta.url)

export function errorsPage(): string {
  const head = ['code', 'HTTP', 'what is wrong', 'what to do']
  const rows = [head, ...Object.entries(ERRORS).map(([code, e]) => [code, String(e.status), e.title, e.fix])]
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [
    '# Refusals',
    '',
    'Every refusal of Quorate has one of these codes, wherever it is met: command line, HTTP, log. A code is stable. Made',
    'from `words/errors.ts` by `node test/errors-page.ts`.',
    '',
    line(head),
    line(widths.map(width => '-'.repeat(width))),
    ...rows.slice(1).map(line),
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(PAGE, errorsPage())
