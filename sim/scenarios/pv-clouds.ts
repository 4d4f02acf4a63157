import { scenario } from '../scenario/words.ts'

export default scenario({
  title: 'PV under passing clouds',
  site: '../sites/home.yaml',
  start: '2025-06-21 11:00',
  for: '1 h',
  inputs: { 'pv1.power': { clouds: '7.8 kW', least: '1.5 kW', every: '90 s' } },
  steps: [{ at: 'start', plant: { 'bat1.soc': '30 %', 'bat2.soc': '30 %' } }],
  expect: [
    'pv1.available above 1 kW from 1 min',
    'export over 1 min below 5.1 kW from 2 min',
    'bat1.soc above 30 % from 30 min',
    'pv1 in operating.producing within 30 s of start',
    'no alarm above medium',
    'at most 0 uncovered slots',
    'energy balance within 0.5 %',
    'no missing frame',
  ],
})
