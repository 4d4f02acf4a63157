/**
 * A record of the topic `decisions`: what one replica signed for one frame. It is a record for audit; nothing that
 * decides reads it. Beside it stands there what processes tell of their actors (`protocol/words/observed.ts`).
 */
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { SignedCandidate } from '../words/candidate.ts'

const Decided = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('Decided'),
    site: Type.String(),
    /** Of the frame in `facts`. */
    position: Type.Integer({ minimum: 0 }),
    ...SignedCandidate.properties,
  },
  { additionalProperties: false },
)
export type Decided = Type.Static<typeof Decided>
const shape = Compile(Decided)

/** Null for what is no decision. */
export function parseDecided(body: string): Decided | null {
  try {
    const value: unknown = JSON.parse(body)
    return shape.Check(value) ? value : null
  } catch {
    return null
  }
}
