/** What the answers of both doors are made of. */
import Type from 'typebox'
import { NAME, SLUG } from '../../protocol/words/ids.ts'

export const closed = { additionalProperties: false } as const
export const Name = Type.String({ pattern: NAME })
export const Slug = Type.String({ pattern: SLUG })
export const Integer = Type.Integer()
export const Count = Type.Integer({ minimum: 0 })
export const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
