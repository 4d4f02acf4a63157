import { Refusal } from '../../protocol/words/errors.ts'
import { ADDRESS } from '../config/shape.ts'
import type { Call, Option } from './verb.ts'

export const DATA_DIR = './.quorate'
export const dataOption: Option = { type: 'string', value: 'DIR', default: DATA_DIR, text: 'Data folder of the run' }
export const jsonOption: Option = { type: 'boolean', text: 'One JSON object a line' }
export const junitOption: Option = { type: 'string', value: 'FILE', text: 'Writes the result as JUnit XML' }
export const postgresOption: Option = {
  type: 'string',
  value: 'URL',
  text: 'A server for the operational projection (the embedded one)',
}
export const clickhouseOption: Option = {
  type: 'string',
  value: 'URL',
  text: 'A server for the time series (the embedded engine)',
}

/** `HOST:PORT,...` of an option. Throws USAGE. */
export function addresses(call: Call, option: string): string[] {
  const all = (call.text(option) ?? '').split(',').filter(text => text !== '')
  const wrong = all.find(text => !new RegExp(ADDRESS).test(text))
  if (wrong !== undefined) throw new Refusal('USAGE', `--${option} ${wrong}: write host:port`)
  return all
}

/** `https://host:port` of an option. Throws USAGE. */
export function origin(call: Call, option: string): string | undefined {
  const text = call.text(option)
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`)
    throw new Refusal('USAGE', `--${option} ${text}: write it as https://host:port`)
  return url.origin
}
