import { expect, test } from 'vitest'
import { battery } from '../../../actors/assets/battery.ts'
import { pvInverter } from '../../../actors/assets/pv-inverter.ts'
import { askedOf, type Written } from '../../../sim/asset/asked.ts'

const both = [battery, pvInverter]
const given = (written: Partial<Written>) =>
  both.map(asset => askedOf(asset, both, { settings: {}, frames: {}, ...written }))
const [ofBattery, ofInverter] = [battery, pvInverter].map(a => Object.keys(a.spec.settings))
const own = ofBattery!.find(name => !ofInverter!.includes(name))!

test('a plain setting is for each asset of the file that declares it, one with a type for that asset', () => {
  const [one, other] = given({ settings: { [own]: '1 W', 'pvInverter.rated': '7 kW' } })
  expect([one!.settings, other!.settings]).toEqual([{ [own]: '1 W' }, { rated: '7 kW' }])
  const [narrow, wide] = given({ settings: { 'battery.x': '1 W', x: '2 W' } }).map(a => a.settings.x)
  expect([narrow, wide]).toEqual(['1 W', '2 W']) // the asset refuses what it does not declare
})
test('a frame is for whoever has all of its points', () => {
  const [one, other] = given({ frames: { full: { soc: '90 %' }, 'pvInverter.hot': { temperature: '80 °C' } } })
  expect([one!.frames, other!.frames]).toEqual([{ full: { soc: 900 } }, { hot: { temperature: 800 } }])
})
test.each<[Partial<Written>, string]>([
  [{ settings: { 'batery.x': '1' } }, "--settings batery.x: the file has no asset 'batery'; did you mean 'battery'?"],
  [{ frames: { x: { pressure: '5 W' } } }, "--frame x: battery has no point 'pressure'"],
  [{ frames: { x: { soc: '5 W' } } }, "'5 W' is no quantity in %"],
])('what nobody has is refused: %j', (written, text) => {
  expect(() => given(written)).toThrow(
    expect.objectContaining({ code: 'USAGE', detail: expect.stringContaining(text) }),
  )
})
