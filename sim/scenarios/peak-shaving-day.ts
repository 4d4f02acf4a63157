import { scenario } from '../scenario/words.ts'

export default scenario({
  title: 'A day of peak shaving',
  site: 'sites/works.yaml',
  start: '2025-06-21 00:00',
  for: '24 h',
  inputs: { 'load1.power': 'inputs/works-day.csv?column=load&unit=kW&sign=consumption-positive&align=day' },
  expect: [
    'import over 15 min below 40 kW',
    { kind: 'value', of: 'import', max: '40.5 kW', when: { from: '17:05', to: '19:00' } },
    'bat1.soc between 10 % and 95.5 %',
    'bat1 in operating.running from 00:01',
    'no alarm',
    'every verdict by majority',
    'at most 0 uncovered slots',
    'at most 0 held slots',
    'energy balance within 0.5 %',
    'no missing frame',
  ],
})
