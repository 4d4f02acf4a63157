/** `; did you mean 'standby'?`, or the names that there are. */
export function nearest(name: string, names: readonly string[]): string {
  let best: string | undefined
  let least = 4
  for (const candidate of names) {
    const d = distance(name, candidate)
    if (d < least || (d === least && best !== undefined && candidate < best)) {
      best = candidate
      least = d
    }
  }
  return best === undefined ? `; declared: ${names.join(', ') || 'none'}` : `; did you mean '${best}'?`
}

/** Levenshtein: insertions, deletions and replacements of one letter, one row at a time. */
function distance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!
      row[j] = Math.min(above + 1, row[j - 1]! + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.length]!
}
