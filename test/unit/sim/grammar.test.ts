import { expect, test } from 'vitest'
import { readSentence } from '../../../sim/scenario/grammar.ts'

test.each([
  [
    'import below 60 kW from 17:00 to 20:00',
    { kind: 'value', of: 'import', max: '60 kW', when: { from: '17:00', to: '20:00' } },
  ],
  ['import over 15 min below 40 kW', { kind: 'value', of: 'import', over: '15 min', max: '40 kW' }],
  ['bat1.power between -3 kW and 3 kW', { kind: 'value', of: 'bat1.power', min: '-3 kW', max: '3 kW' }],
  ['bat1.soc at least 10 % until 5 min', { kind: 'value', of: 'bat1.soc', min: '10 %', when: { to: '5 min' } }],
  ['bat1.soc at most 95 % from 00:01:30', { kind: 'value', of: 'bat1.soc', max: '95 %', when: { from: '00:01:30' } }],
  [
    'pv1.powerMax falls to 0 W within 10 s after 12:00',
    { kind: 'value', of: 'pv1.powerMax', max: '0 W', when: { within: '10 s', after: '12:00' } },
  ],
  ['grid.frequency rises to 50.1 Hz', { kind: 'value', of: 'grid.frequency', min: '50.1 Hz' }],
  [
    'bat1 in operating.running within 30 s of start',
    { kind: 'state', of: 'bat1', is: 'operating.running', when: { within: '30 s', after: 'start' } },
  ],
  ['no alarm', { kind: 'noAlarm' }],
  ['no alarm above medium', { kind: 'noAlarm', above: 'medium' }],
  ['no alarm bat1.signalsLost from 6 min', { kind: 'noAlarm', alarm: 'bat1.signalsLost', when: { from: '6 min' } }],
  [
    'alarm bat1.signalsLost within 10 s after 5 min',
    { kind: 'alarm', alarm: 'bat1.signalsLost', when: { within: '10 s', after: '5 min' } },
  ],
  ['at most 0 uncovered slots', { kind: 'slots', class: 'uncovered', most: 0 }],
  ['every verdict by majority', { kind: 'verdicts', by: 'majority' }],
  ['command stop of bat1 confirmed', { kind: 'command', name: 'stop', of: 'bat1', ends: 'confirmed' }],
  ['energy balance within 0.5 %', { kind: 'energy', within: '0.5 %' }],
  ['no missing frame', { kind: 'frames' }],
])('%s', (sentence, expectation) => {
  expect(readSentence(sentence)).toEqual({ kind: 'read', expectation })
})

test.each([
  ['import blow 60 kW', "understood up to 'import'; 'blow' stands where", "did you mean 'below'?"],
  ['import below 60', "understood up to 'import below'; '60' stands where a value with its unit", 'QUANTITY'],
  ['import below 60 kW form 17:00', "up to 'import below 60 kW'; 'form' stands", "did you mean 'from'?"],
  ['import below 60 kW from 17:00 to', 'there should follow a time such as 17:00', 'from TIME to TIME'],
  ['bat1 in', "understood up to 'bat1 in'; there should follow a state", 'ASSET|site in STATE'],
  ['no alarm above midium', "'midium' stands where", "did you mean 'medium'?"],
  ['at most 2 uncoverd slots', "'uncoverd' stands where", "did you mean 'uncovered'?"],
  ['evry verdict by majority', 'is not understood', 'every verdict by majority|ENGINE'],
  ['command stop of bat1 confirmd', "'confirmd' stands where", "did you mean 'confirmed'?"],
  ['energy balance within half', 'a share such as 0.5 %', 'energy balance within VALUE %'],
  ['no missing frame today', "up to 'no missing frame'; 'today' stands", 'Write: no missing frame'],
])('%s: refused', (sentence, understood, form) => {
  const read = readSentence(sentence)
  if (read.kind === 'read') throw new Error('was read')
  expect(read.text).toContain(understood)
  expect(read.text).toContain(form)
})
