/** Index of the first item whose key is `least` or more, in items sorted by it; their number where there is none. */
export function firstFrom<T>(items: readonly T[], keyOf: (item: T) => number, least: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyOf(items[middle]!) < least) low = middle + 1
    else high = middle
  }
  return low
}
