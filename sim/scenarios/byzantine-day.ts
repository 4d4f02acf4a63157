import { scenario } from '../scenario/words.ts'

const target = 'node-b'

/** Whatever one node does, the site is governed as the other two decide; a frame that it swallows costs one slot. */
export default scenario({
  title: 'A Byzantine node for a day',
  site: 'sites/works.yaml',
  start: '2025-06-21 00:00',
  for: '24 h',
  inputs: { 'load1.power': 'inputs/works-day.csv?column=load&unit=kW&sign=consumption-positive&align=day' },
  steps: [
    { at: '02:00', fault: 'mute', target, for: '1 h' },
    { at: '04:00', fault: 'late', target, for: '1 h', by: '6 s' },
    { at: '06:00', fault: 'forge', target, for: '12 h', by: '60 s' },
    { at: '08:00', fault: 'timeLie', target, for: '4 h', by: '2 h' },
    { at: '09:00', fault: 'wrong', target, for: '10 h' },
    { at: '12:00', fault: 'replay', target, for: '2 h', rate: 0.3 },
    { at: '15:00', fault: 'swallow', target, for: '30 min' },
    { at: '20:00', fault: 'equivocate', target, for: '1 min' },
  ],
  expect: [
    'import over 15 min below 40 kW',
    'every verdict by majority',
    'at most 0 uncovered slots',
    'alarm gateway.replicaSilent.node-b within 5 min after 02:00',
    'alarm gateway.dissent.node-b within 5 min after 09:00',
    'alarm gateway.equivocation.node-b within 2 min after 20:00',
    'bat1 in operating.running from 00:01',
    'bat1.soc between 10 % and 95.5 %',
    'energy balance within 0.5 %',
  ],
})
