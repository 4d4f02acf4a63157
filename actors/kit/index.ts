/** What engineers import. Nothing here is XState's. */
export {
  add,
  clamp,
  max,
  min,
  neg,
  of,
  type Quantity,
  quantity,
  raw,
  scale,
  sub,
  sum,
} from '../../protocol/words/units.ts'
export { DefinitionRefused, defineAsset } from './define.ts'
export { defineStrategy } from './strategy.ts'
export { table } from './table.ts'
