/**
 * How a recorded input is named: `FILE?column=NAME&time=NAME&unit=W&sign=consumption-negative&scale=1&step=60s&align=start`.
 * Everything after the file may be left out; what is then inferred is said.
 */
export interface Reference {
  readonly file: string
  readonly column?: string
  readonly time?: string
  readonly unit?: string
  /** Which sign consumption has in the file. */
  readonly sign?: 'consumption-negative' | 'consumption-positive'
  readonly scale: number
  readonly stepMs?: number
  /** `start`: the first row is the plant's first instant. `day`: it is midnight, UTC. */
  readonly align: 'start' | 'day'
}

const KEYS = ['column', 'time', 'unit', 'sign', 'scale', 'step', 'align'] as const
const STEPS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 }

export class InputRefusal extends Error {
  override readonly name = 'InputRefusal'
  readonly code: string
  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

export function parseReference(text: string): Reference {
  const cut = text.indexOf('?')
  const file = cut < 0 ? text : text.slice(0, cut)
  const query = new URLSearchParams(cut < 0 ? '' : text.slice(cut + 1))
  for (const key of query.keys())
    if (!KEYS.some(k => k === key))
      throw new InputRefusal('INPUT_KEY', `'${key}' is none of ${KEYS.join(', ')} in '${text}'`)
  const word = <T extends string>(key: string, allowed: readonly T[]): T | undefined => {
    const value = query.get(key)
    if (value === null) return undefined
    const known = allowed.find(a => a === value)
    if (!known) throw new InputRefusal('INPUT_VALUE', `${key} '${value}' is none of ${allowed.join(', ')}`)
    return known
  }
  const scale = Number(query.get('scale') ?? 1)
  if (!Number.isFinite(scale) || scale === 0)
    throw new InputRefusal('INPUT_VALUE', `scale '${query.get('scale')}' is no number but zero`)
  const column = query.get('column')
  const time = query.get('time')
  const unit = query.get('unit')
  const sign = word('sign', ['consumption-negative', 'consumption-positive'])
  const step = query.get('step')
  return {
    file,
    scale,
    align: word('align', ['start', 'day']) ?? 'start',
    ...(column !== null && { column }),
    ...(time !== null && { time }),
    ...(unit !== null && { unit }),
    ...(sign && { sign }),
    ...(step !== null && { stepMs: duration(step) }),
  }
}

function duration(text: string): number {
  const m = /^(\d+(?:\.\d+)?) ?(ms|s|min|h)$/.exec(text)
  const ms = m ? Number(m[1]) * STEPS[m[2]!]! : 0
  if (ms < 1) throw new InputRefusal('INPUT_VALUE', `step '${text}' is no time; write e.g. 60s, 15min`)
  return ms
}
