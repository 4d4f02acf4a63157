import Type from 'typebox'
import { UNITS } from './units.ts'

/** The severity of an OPC UA status code: good, uncertain, bad (OPC 10000-4, 7.39). */
export const Quality = Type.Union([Type.Literal('good'), Type.Literal('uncertain'), Type.Literal('bad')])
export type Quality = Type.Static<typeof Quality>

export const UnitName = Type.Union(Object.keys(UNITS).map(u => Type.Literal(u as keyof typeof UNITS)))

/**
 * One measured value as it crosses the system: an integer of the unit's smallest step, or one of the words that the
 * point can say. `value` is null exactly when the quality is bad, so that a lost point never reads as zero (S24).
 * `ageMs` is the time from its measurement to the emission of the frame.
 */
export const PointValue = Type.Object(
  {
    value: Type.Union([Type.Integer(), Type.String({ maxLength: 64 }), Type.Null()]),
    unit: Type.Optional(UnitName),
    quality: Quality,
    ageMs: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)
export type PointValue = Type.Static<typeof PointValue>
export type Points = Readonly<Record<string, PointValue>>
