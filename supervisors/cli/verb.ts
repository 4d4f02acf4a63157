/** A verb of the command line: its usage is data, so that `--help` and the parser cannot disagree. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { Refusal } from '../../protocol/words/errors.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What stands behind the option in the usage: `FILE`. */
  readonly value?: string
  readonly default?: string | boolean
  readonly multiple?: true
  readonly text: string
}
export interface Verb {
  /** `run`, `log tail`. */
  readonly name: string
  readonly text: string
  /** Positional arguments as the usage shows them: `SITE ASSET NAME [key=value ...]`. */
  readonly arguments?: string
  readonly options: Readonly<Record<string, Option>>
  /** Where its launcher is gone it ends in order, by itself. */
  readonly stays?: true
  /** Resolves to the exit code. Throws Refusal. */
  run(call: Call): Promise<number>
}
export interface Call {
  readonly positionals: readonly string[]
  text(option: string): string | undefined
  /** Of an option that may come several times. */
  all(option: string): readonly string[]
  flag(option: string): boolean
  /** Whether it was written, and is not there by default. */
  given(option: string): boolean
  /** Standard output, a line. */
  say(line: string): void
}

/** Throws USAGE with the nearest way out. */
export function parseCall(verb: Verb, argv: readonly string[]): Call {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const [name, o] of Object.entries(verb.options))
    options[name] = { type: o.type, ...(o.short && { short: o.short }), ...(o.multiple && { multiple: true }) }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: verb.arguments !== undefined })
  } catch (error) {
    throw new Refusal('USAGE', `${verb.name}: ${(error as Error).message.split('. To specify')[0]}`)
  }
  const value = (name: string) => parsed.values[name] ?? verb.options[name]?.default
  return {
    positionals: parsed.positionals,
    text: name => (value(name) === undefined ? undefined : String(value(name))),
    all: name => [value(name) ?? []].flat().map(String),
    flag: name => value(name) === true,
    given: name => parsed.values[name] !== undefined,
    say: line => void process.stdout.write(`${line}\n`),
  }
}

export function usage(verb: Verb): string {
  const lines = Object.entries(verb.options).map(([name, o]) => {
    const left = `  ${o.short ? `-${o.short}, ` : ''}--${name}${o.value ? ` ${o.value}` : ''}`
    return `${left.padEnd(28)} ${o.text}${o.default === undefined ? '' : ` (${o.default})`}`
  })
  const head = `quorate ${verb.name}${verb.arguments ? ` ${verb.arguments}` : ''}${lines.length > 0 ? ' [options]' : ''}`
  return [head, '', `  ${verb.text}`, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n')
}
