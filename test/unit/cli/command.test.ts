import { describe, expect, it } from 'vitest'
import { paramsOf, stampOf } from '../../../supervisors/cli/command.ts'

describe('parameters', () => {
  it.each([
    ['power=-2 kW', { power: '-2 kW' }],
    ['power=-2kW', { power: '-2 kW' }],
    ['soc=12.5%', { soc: '12.5 %' }],
    ['temperature=45°C', { temperature: '45 °C' }],
    ['name=power', { name: 'power' }],
    ['name=2abc', { name: '2abc' }],
    ['id=12345678', { id: '12345678' }],
    ['text=a=b', { text: 'a=b' }],
    ['text=', { text: '' }],
  ])('%s', (pair, params) => expect(paramsOf([pair])).toEqual(params))

  it.each(['power', '=2 kW', ''])('%j is refused with the way to write it', pair => {
    expect(() => paramsOf([pair])).toThrow(/key=value/)
  })
})

describe('the stamp of a command', () => {
  it.each([
    ['the sender’s own clock where it agrees', 1_000_000, 10_000, 1_003_000, 1_003_000],
    ['the site’s time where its own would eat the expiry', 1_000_000, 10_000, 1_006_000, 1_000_000],
    ['the site’s time in a run whose time is another', 1_000_000, 10_000, 9_000_000, 1_000_000],
  ])('is %s', (_, siteMs, expiresMs, localMs, stamp) => expect(stampOf(siteMs, expiresMs, localMs)).toBe(stamp))
})
