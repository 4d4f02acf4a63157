/** The forms in which recordings write their times. A form without a zone is taken as UTC. */
export type Stamp = (text: string) => number | undefined

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const FORMS: readonly { readonly form: string; readonly read: Stamp }[] = [
  { form: 'ISO 8601', read: iso },
  { form: 'day-month-year (28-Apr-2025 11:00:00)', read: named },
  { form: 'seconds since 1970', read: text => epoch(text, 1_000) },
  { form: 'milliseconds since 1970', read: text => epoch(text, 1) },
]

/** The first form that reads at least half of the samples. */
export function stampReader(samples: readonly string[]): { readonly form: string; readonly read: Stamp } | undefined {
  return FORMS.find(f => samples.filter(s => f.read(s.trim()) !== undefined).length * 2 >= samples.length)
}

function iso(text: string): number | undefined {
  const m = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text.trim())
  if (!m) return undefined
  return finite(Date.parse(`${m[1]}T${m[2] ?? '00:00'}${m[3] ?? ':00'}${m[4] ?? 'Z'}`))
}

function named(text: string): number | undefined {
  const m = /^(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text.trim())
  const month = MONTHS.indexOf((m?.[2] ?? '').toLowerCase())
  if (!m || month < 0) return undefined
  return finite(Date.UTC(Number(m[3]), month, Number(m[1]), Number(m[4]), Number(m[5])) + Number(m[6]) * 1_000)
}

/** Between 2000 and 2100, so that seconds and milliseconds tell themselves apart. */
function epoch(text: string, factor: number): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text.trim())) return undefined
  const ms = Number(text) * factor
  return ms > 946_684_800_000 && ms < 4_102_444_800_000 ? ms : undefined
}

const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined)
