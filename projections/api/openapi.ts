/** The OpenAPI document, made from the routes that are served: what is not in one is not in the other. */
import type Type from 'typebox'
import { ERRORS, type ErrorCode } from '../../protocol/words/errors.ts'
import { PROBLEM_TYPE, Problem } from './problem.ts'
import type { Route } from './route.ts'
import {
  AlarmView,
  AssetDetail,
  AssetSummary,
  CommandView,
  DecisionView,
  PointView,
  SetpointView,
  SiteDetail,
  SiteSummary,
} from './view.ts'

/** Schemas with a name of their own; wherever one stands in another, the document refers to it. */
const NAMED = {
  Problem,
  SiteSummary,
  SiteDetail,
  AssetSummary,
  AssetDetail,
  PointView,
  SetpointView,
  CommandView,
  AlarmView,
  DecisionView,
}
const nameOf = new Map<unknown, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]))

type Json = Record<string, unknown>

/** What any route may answer, by what it is. */
function commonRefusals(route: Route): ErrorCode[] {
  return [
    'BAD_REQUEST',
    'WRONG_HOST',
    ...(route.open ? [] : (['UNAUTHENTICATED'] as const)),
    'INTERNAL',
    ...(route.refuses ?? []),
  ]
}

export function openApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const schemas = Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, inside(schema)]))
  return {
    openapi: '3.1.0',
    info: { title: 'Quorate', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

function operation(route: Route): Json {
  return {
    operationId: route.id,
    summary: route.text,
    ...(route.open && { security: [] }),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...Object.entries(route.headers ?? {}).map(([name, description]) => {
        return { name, in: 'header', required: false, description, schema: { type: 'string' } }
      }),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        description: route.body.text,
        content: { [route.body.contentType]: { schema: { type: 'string' } } },
      },
    }),
    responses: { ...answers(route), ...problems(route) },
  }
}

function parameters(where: 'path' | 'query', schema: Type.TObject | undefined): Json[] {
  const required: readonly string[] = schema?.required ?? []
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    return { name, in: where, required: required.includes(name), schema: reference(property) }
  })
}

function answers(route: Route): Json {
  const entries = Object.entries(route.answers).map(([status, { text, schema, contentType }]) => {
    const type = contentType ?? 'application/json'
    return [
      status,
      { description: text, content: { [type]: { schema: schema ? reference(schema) : { type: 'string' } } } },
    ]
  })
  return Object.fromEntries(entries)
}

/** One entry for each status, naming every code that it may carry. */
function problems(route: Route): Json {
  const byStatus: Record<number, string[]> = {}
  for (const code of new Set(commonRefusals(route))) (byStatus[ERRORS[code].status] ??= []).push(code)
  const entries = Object.entries(byStatus)
    .filter(([status]) => !(status in route.answers))
    .map(([status, codes]) => {
      const description = codes.map(code => `${code}: ${ERRORS[code as ErrorCode].title}`).join('; ')
      return [status, { description, content: { [PROBLEM_TYPE]: { schema: reference(Problem) } } }]
    })
  return Object.fromEntries(entries)
}

/** A schema where it is used: by its name, if it has one. */
function reference(schema: unknown): unknown {
  const name = nameOf.get(schema)
  return name === undefined ? inside(schema) : { $ref: `#/components/schemas/${name}` }
}
function inside(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(reference)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, reference(value)]))
}
