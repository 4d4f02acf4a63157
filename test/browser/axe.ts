/** What a screen reader or a keyboard would stumble over. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Serious and critical findings, a line each. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  // evaluated, not added as a script: the page's own policy stays in force
  await page.evaluate(axe.source)
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(each => each.impact === 'serious' || each.impact === 'critical')
    .map(each => each.id + ': ' + each.nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ')))`)
}
