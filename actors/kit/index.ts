/** What engineers import. Nothing here is XState's. */
export { add, clamp, max, min, neg, type Quantity, quantity, scale, sub, sum } from '../../protocol/words/units.ts'
export { defineAsset } from './define.ts'
