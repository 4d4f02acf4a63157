/** The OpenAPI document, made from the routes that are served: what is not in one is not in the other. */
import type Type from 'typebox'
import { ERRORS, type ErrorCode } from '../../protocol/words/errors.ts'
import { Components } from './components.ts'
import { PROBLEM_TYPE, Problem } from './problem.ts'
import type { Route } from './route.ts'

export interface Titled {
  readonly title: string
  readonly version: string
  /** With a name of their own in the document. */
  readonly schemas: Readonly<Record<string, Type.TSchema>>
}
type Json = Record<string, unknown>
type AnyRoute = Omit<Route, 'handle'>

/** What any route may answer, by what it is. */
function commonRefusals(route: AnyRoute): ErrorCode[] {
  return [
    'BAD_REQUEST',
    'WRONG_HOST',
    ...(route.open ? [] : (['UNAUTHENTICATED', 'TOO_OFTEN'] as const)),
    'INTERNAL',
    ...(route.refuses ?? []),
  ]
}

export function openApi(routes: readonly AnyRoute[], { title, version, schemas }: Titled): Json {
  const components = new Components({ Problem, ...schemas })
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) }
  }
  return {
    openapi: '3.1.0',
    info: { title, version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: { schemas: components.schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}

function operation(route: AnyRoute, components: Components): Json {
  return {
    operationId: route.id,
    summary: route.text,
    ...(route.open && { security: [] }),
    parameters: [
      ...parameters('path', route.params, components),
      ...parameters('query', route.query, components),
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
    responses: { ...answers(route, components), ...problems(route, components) },
  }
}

function parameters(where: 'path' | 'query', schema: Type.TObject | undefined, components: Components): Json[] {
  const required: readonly string[] = schema?.required ?? []
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    return { name, in: where, required: required.includes(name), schema: components.reference(property) }
  })
}

function answers(route: AnyRoute, components: Components): Json {
  const entries = Object.entries(route.answers).map(([status, { text, schema, contentType }]) => {
    const content = { schema: schema ? components.reference(schema) : { type: 'string' } }
    return [status, { description: text, content: { [contentType ?? 'application/json']: content } }]
  })
  return Object.fromEntries(entries)
}

/** One entry for each status, naming every code that it may carry. */
function problems(route: AnyRoute, components: Components): Json {
  const byStatus: Record<number, string[]> = {}
  for (const code of new Set(commonRefusals(route))) (byStatus[ERRORS[code].status] ??= []).push(code)
  const entries = Object.entries(byStatus)
    .filter(([status]) => !(status in route.answers))
    .map(([status, codes]) => {
      const description = codes.map(code => `${code}: ${ERRORS[code as ErrorCode].title}`).join('; ')
      return [status, { description, content: { [PROBLEM_TYPE]: { schema: components.reference(Problem) } } }]
    })
  return Object.fromEntries(entries)
}
