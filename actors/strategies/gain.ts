/** A gain of none never moves and one above 100 % overshoots by itself: both are refused with the manifest. */
export function checkGain(gainPermille: number): void {
  if (gainPermille < 1 || gainPermille > 1000)
    throw new TypeError(`gain: ${gainPermille / 10} % is outside 0.1 % to 100 %; 30 % settles on a meter a cycle old`)
}
