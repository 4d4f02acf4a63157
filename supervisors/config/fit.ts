/**
 * Where a value does not fit its schema: every place at once, in words that say what to write. A union is told apart
 * by the first property that is a literal in each of its members, so that one mistake is one problem.
 */
import Type from 'typebox'
import { Value } from 'typebox/value'
import { nearest } from '../../actors/kit/nearest.ts'
import { type Problem, shown } from './problem.ts'

/** `raw`: the same as the file writes it, for what is shown. */
export function problemsOf(schema: Type.TSchema, value: unknown, raw: unknown, path = ''): Problem[] {
  const says = (problem: string, fix: string): Problem[] => [{ path, value: shown(path, raw), problem, fix }]
  if (Type.IsUnion(schema)) return ofUnion(schema.anyOf, value, raw, path)
  if (Type.IsObject(schema)) {
    if (!isRecord(value)) return says('is no map of names to values', 'write `name: value` lines, indented')
    return ofObject(schema, value, raw as Record<string, unknown>, path)
  }
  if (Type.IsRecord(schema)) return ofRecord(schema, value, raw, path)
  if (Type.IsArray(schema) && Array.isArray(value) && value.length > 0)
    return value.flatMap((each, i) => problemsOf(schema.items, each, (raw as unknown[])[i], below(path, String(i))))
  if (Value.Check(schema, value)) return []
  return says('is not what belongs here', `write ${wanted(schema)}`)
}

function ofObject(
  schema: Type.TObject,
  value: Record<string, unknown>,
  raw: Record<string, unknown>,
  path: string,
): Problem[] {
  const { properties, required = [] } = schema
  const names = Object.keys(properties)
  const missing = required.filter(name => !(name in value)).map(name => missingAt(properties[name]!, below(path, name)))
  const unknown = Object.keys(value).filter(name => !names.includes(name))
  return [
    ...unknown.map(name => {
      const at = below(path, name)
      return {
        path: at,
        value: shown(at, raw[name]),
        problem: 'nothing of this name belongs here',
        fix: `take it out${nearest(name, names)}`,
      }
    }),
    ...missing,
    ...names
      .filter(name => name in value)
      .flatMap(name => problemsOf(properties[name]!, value[name], raw[name], below(path, name))),
  ]
}
const missingAt = (schema: Type.TSchema, path: string): Problem => ({
  path,
  value: null,
  problem: 'is missing',
  fix: `write ${wanted(schema)}`,
})

function ofRecord(schema: Type.TRecord, value: unknown, raw: unknown, path: string): Problem[] {
  const [[pattern, each] = ['', Type.Unknown()]] = Object.entries(schema.patternProperties)
  if (!isRecord(value))
    return [{ path, value: shown(path, raw), problem: 'is no map of names to values', fix: `write ${wanted(schema)}` }]
  return Object.entries(value).flatMap(([name, held]) => {
    const at = below(path, name)
    const written = (raw as Record<string, unknown>)[name]
    if (!new RegExp(pattern).test(name))
      return [{ path: at, value: shown(at, written), problem: 'is no name', fix: `names fit ${pattern}` }]
    return problemsOf(each, held, written, at)
  })
}

function ofUnion(members: readonly Type.TSchema[], value: unknown, raw: unknown, path: string): Problem[] {
  const objects = members.filter(Type.IsObject)
  const tag = Object.keys(objects[0]?.properties ?? {}).find(name =>
    objects.every(o => Type.IsLiteral(o.properties[name])),
  )!
  const literal = (o: Type.TObject): unknown => (o.properties[tag] as Type.TLiteral).const
  const given = isRecord(value) ? value[tag] : undefined
  const chosen = objects.find(o => literal(o) === given)
  if (chosen) return problemsOf(chosen, value, raw, path)
  const at = below(path, tag)
  const problem = given === undefined ? 'is missing' : 'is none that there is'
  const written = isRecord(raw) ? raw[tag] : undefined
  return [{ path: at, value: shown(at, written), problem, fix: `write one of ${objects.map(literal).join(', ')}` }]
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function wanted(schema: Type.TSchema): string {
  const { description } = schema as { description?: string }
  if (description !== undefined) return description
  if (Type.IsLiteral(schema)) return String(schema.const)
  if (Type.IsObject(schema)) return `a map with ${Object.keys(schema.properties).join(', ')}`
  if (Type.IsUnion(schema)) return 'a map'
  return 'another value'
}
