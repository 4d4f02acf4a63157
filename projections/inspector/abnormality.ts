/** How far from normal an asset is: the order of what an operator looks at first. Runs in the browser, too. */

/** Worst first; saturated colour means one of these but the last. */
export const CONDITIONS = ['quarantined', 'alarm', 'unresolved', 'lost', 'fallback', 'stale', 'normal'] as const
export type Condition = (typeof CONDITIONS)[number]

export interface Ranked {
  readonly name: string
  readonly condition: Condition
  readonly alarms: number
}
export function byAbnormality(a: Ranked, b: Ranked): number {
  const worse = a.condition === b.condition ? 0 : CONDITIONS.indexOf(a.condition) - CONDITIONS.indexOf(b.condition)
  return worse || b.alarms - a.alarms || byName(a.name, b.name)
}
/** bat2 before bat10. */
export const byName = new Intl.Collator('en', { numeric: true }).compare
