/** E = P dt: 1 W for 3 600 000 ms is 1000 mWh, so mWh = W x ms / 3600. */
export const mwh = (powerW: number, dtMs: number): number => (powerW * dtMs) / 3600
