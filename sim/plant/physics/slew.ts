/** From one power towards another by at most `mostW`; arrives exactly, without a rest of rounding. */
export function slew(fromW: number, toW: number, mostW: number): number {
  if (Math.abs(toW - fromW) <= mostW) return toW
  return toW > fromW ? fromW + mostW : fromW - mostW
}
