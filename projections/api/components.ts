/** Schemas with a name of their own: wherever one stands in another, a document refers to it. */
import type Type from 'typebox'

export class Components {
  readonly #named: Readonly<Record<string, Type.TSchema>>
  readonly #nameOf: ReadonlyMap<unknown, string>

  constructor(named: Readonly<Record<string, Type.TSchema>>) {
    this.#named = named
    this.#nameOf = new Map(Object.entries(named).map(([name, schema]) => [schema, name]))
  }

  get schemas(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this.#named).map(([name, schema]) => [name, this.#inside(schema)]))
  }
  /** A schema where it is used: by its name, if it has one. */
  reference(schema: unknown): unknown {
    const name = this.#nameOf.get(schema)
    return name === undefined ? this.#inside(schema) : { $ref: `#/components/schemas/${name}` }
  }
  #inside(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(each => this.reference(each))
    if (typeof schema !== 'object' || schema === null) return schema
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, this.reference(value)]))
  }
}
