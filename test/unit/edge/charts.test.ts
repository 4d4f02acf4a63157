/** Every chart by its table, and every transition by the table that misses it. */
import { describe, expect, test } from 'vitest'
import { EDGE_CHARTS } from '../../../edge/charts.ts'
import { SUPERVISORS_CHARTS } from '../../../supervisors/charts.ts'
import { channel } from './scenarios/channels.ts'
import { voter } from './scenarios/governing.ts'
import { replica, supervisor } from './scenarios/lives.ts'
import { sampler } from './scenarios/sampling.ts'
import { type Behaviour, played, withoutEach, written } from './scenarios/script.ts'
import { delivery, outbox } from './scenarios/sending.ts'
import { command, pulse, writer } from './scenarios/work.ts'

const charts: Readonly<Record<string, Behaviour<any, any, any>>> = {
  voter,
  channel,
  writer,
  pulse,
  command,
  outbox,
  delivery,
  sampler,
  supervisor,
  replica,
}

test('the lists of charts name each machine as its actors do, and leave none of these out', () => {
  const listed = [...EDGE_CHARTS, ...SUPERVISORS_CHARTS]
  expect(listed.map(({ name }) => name)).toEqual(listed.map(({ machine }) => machine.id))
  expect(Object.fromEntries(listed.map(({ name, machine }) => [name, machine.spec]))).toEqual(
    Object.fromEntries(Object.entries(charts).map(([name, { machine }]) => [name, machine.spec])),
  )
})

describe.each(Object.entries(charts))('%s', (_, { machine, say, scenarios }) => {
  test.each(Object.entries(scenarios))('%s', (_, scenario) => {
    expect(played(machine, say, scenario)).toEqual(written(scenario))
  })

  test('without any one of its transitions, a row is wrong', () => {
    const missed = (changed: typeof machine) =>
      Object.values(scenarios).some(scenario => {
        try {
          return played(changed, say, scenario).join('\n') !== written(scenario).join('\n')
        } catch {
          return true
        }
      })
    const each = withoutEach(machine)
    expect(each.length).toBeGreaterThan(1)
    expect(each.filter(({ machine: changed }) => !missed(changed)).map(({ name }) => name)).toEqual([])
  })
})
