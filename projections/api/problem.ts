/** Refusals over HTTP: RFC 9457, one code of the registry each. */
import Type from 'typebox'
import { ERRORS, type ErrorCode } from '../../protocol/words/errors.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export const Problem = Type.Object(
  {
    /** Where the code is explained; relative to this API. */
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String(),
    /** What the caller may do. */
    fix: Type.String(),
  },
  { additionalProperties: false },
)
export type Problem = Type.Static<typeof Problem>

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

export function problemOf(code: ErrorCode, detail: string, instance: string): Problem {
  const { status, title, fix } = ERRORS[code]
  return { type: `/api/v1/problems/${code}`, title, status, detail, instance, code, fix }
}
