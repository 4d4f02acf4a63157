/** Every chart of this folder, for whoever draws one: its name is the one under which its actors are told of. */
import type { NamedChart } from '../actors/kit/machine.ts'
import { supervisorMachine } from './kit/chart.ts'
import { replicaMachine } from './node/replica-chart.ts'

export const SUPERVISORS_CHARTS: readonly NamedChart[] = [
  { name: 'replica', machine: replicaMachine, text: 'When a controller replica may sign' },
  { name: 'supervisor', machine: supervisorMachine, text: 'Starts, restarts and stops its children' },
]
