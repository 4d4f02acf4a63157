/** Every chart of this folder, for whoever draws one: its name is the one under which its actors are told of. */
import type { NamedChart } from '../actors/kit/machine.ts'
import { channelMachine } from './channel.ts'
import { commandMachine, pulseMachine } from './commands.ts'
import { deliveryMachine } from './delivery.ts'
import { outboxMachine } from './outbox-chart.ts'
import { samplerMachine } from './sampler.ts'
import { voterMachine } from './voter.ts'
import { writerMachine } from './writer.ts'

export const EDGE_CHARTS: readonly NamedChart[] = [
  { name: 'sampler', machine: samplerMachine, text: 'Polls the field and makes the frame of each cycle' },
  { name: 'delivery', machine: deliveryMachine, text: 'Brings the newest frame to a node' },
  { name: 'voter', machine: voterMachine, text: 'Which source governs the site' },
  { name: 'channel', machine: channelMachine, text: 'Who governs the output of one asset' },
  { name: 'writer', machine: writerMachine, text: 'The only way to the field, one round of setpoints at a time' },
  { name: 'pulse', machine: pulseMachine, text: 'One one-shot write, executed once' },
  { name: 'command', machine: commandMachine, text: 'One command in force, until it ends' },
  { name: 'outbox', machine: outboxMachine, text: 'Brings what must not be lost into the log, in order' },
]
