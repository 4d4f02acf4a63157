/** Which states a search means. */

export interface StateName {
  readonly id: string
  readonly key: string
  readonly parent: string | null
}
const SHOWN_MAX = 12

/** Whole names first, then beginnings, then anything that holds it. */
export function findStates(states: readonly StateName[], text: string): readonly StateName[] {
  const wanted = text.trim().toLowerCase()
  if (!wanted) return []
  const rank = ({ id, key }: StateName): number => {
    const name = key.toLowerCase()
    if (name === wanted) return 0
    if (name.startsWith(wanted)) return 1
    if (name.includes(wanted)) return 2
    return id.toLowerCase().includes(wanted) ? 3 : 4
  }
  const ranked = states.map(state => ({ state, rank: rank(state) })).filter(each => each.rank < 4)
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, SHOWN_MAX)
    .map(each => each.state)
}
