/**
 * What can go wrong. A fault is a window in which its kind acts on a target; with a rate it strikes single messages,
 * calls or requests of the window, else it lasts. A schedule of faults is data: it can be drawn from a seed, written to
 * a file, and shrunk.
 */
export interface Fault {
  readonly id: number
  readonly kind: FaultKind
  /** Whom it strikes; `*`: everybody. Of a link: `gateway>node-a`. */
  readonly target: string
  /** Simulated ms since the start. */
  readonly fromMs: number
  readonly forMs: number
  /** Share of the chances that it takes, 0 to 1. */
  readonly rate?: number
  /** Explicit instead of drawn: exactly these chances, counted from the window's beginning. */
  readonly only?: readonly number[]
  /** How long, how far: by kind; below nothing where it goes both ways. */
  readonly ms?: number
  readonly nth?: number
}

/** Who a kind can strike. */
type Target =
  | 'node'
  | 'process'
  | 'gateway'
  | 'link'
  | 'log'
  | 'battery'
  | 'device'
  | 'meter'
  | 'people'
  | 'traitor'
  | 'views'
  | 'store'

export interface Kind {
  readonly group:
    | 'clock'
    | 'log'
    | 'network'
    | 'process'
    | 'disk'
    | 'node'
    | 'gateway'
    | 'plant'
    | 'data'
    | 'people'
    | 'views'
  readonly text: string
  readonly targets: Target
  /** Longest window, ms. */
  readonly forMsMax: number
  /** Highest rate of a kind that strikes single chances. */
  readonly rateMax?: number
  /** Largest `ms` of a kind that has one. */
  readonly msMax?: number
  /** Its size is its effect, so a scenario must say it: for instance this. */
  readonly sizeExample?: string
  /** It goes both ways: `ms` may be below nothing. */
  readonly signed?: true
}

const kind = (
  group: Kind['group'],
  targets: Target,
  text: string,
  forMsMax: number,
  rest: Partial<Kind> = {},
): Kind => ({
  group,
  targets,
  text,
  forMsMax,
  ...rest,
})
const MINUTE = 60_000
/** A time that is ahead, or behind. */
const OFF = { sizeExample: "'30 s'", signed: true } as const

export const KINDS = {
  clockOffset: kind('clock', 'process', 'the wall clock is off', 10 * MINUTE, { msMax: 60_000, ...OFF }),
  /** `ms`: parts per million. */
  clockDrift: kind('clock', 'process', 'clocks run fast or slow', 10 * MINUTE, {
    msMax: 200,
    sizeExample: '100 (parts per million)',
    signed: true,
  }),
  clockJump: kind('clock', 'process', 'the wall clock jumps', 1_000, { msMax: 30_000, ...OFF }),

  logDelay: kind('log', 'log', 'appends take long', 2 * MINUTE, { rateMax: 0.5, msMax: 800, sizeExample: "'500 ms'" }),
  logStall: kind('log', 'log', 'a change of leader: nothing is acknowledged', 8_000),
  logFull: kind('log', 'log', 'no room is left', 10_000),
  logCut: kind('log', 'node', 'a node reads nothing new', 20_000),
  ackLost: kind('log', 'node', 'appended, and the acknowledgement is lost', MINUTE, { rateMax: 0.2 }),
  sparse: kind('log', 'log', 'positions have holes', 10 * MINUTE, { rateMax: 0.3 }),

  logTrim: kind('log', 'log', 'retention: what every node has in a snapshot is gone', 1_000),

  loss: kind('network', 'link', 'messages are lost', MINUTE, { rateMax: 0.2 }),
  delay: kind('network', 'link', 'messages are late', MINUTE, { rateMax: 0.4, msMax: 2_000 }),
  reorder: kind('network', 'link', 'messages overtake each other', MINUTE, { rateMax: 0.4 }),
  duplicate: kind('network', 'link', 'messages come twice', MINUTE, { rateMax: 0.3 }),
  partition: kind('network', 'link', 'nothing passes, in one direction', 30_000),
  isolation: kind('network', 'process', 'nothing passes to or from it', 30_000),
  halfOpen: kind('network', 'process', 'its end is told to nobody', 10 * MINUTE, { rateMax: 0.7 }),

  crash: kind('process', 'process', 'killed; what was not synced is lost', 1_000, { msMax: 8_000 }),
  pause: kind('process', 'process', 'stands still, past validity and time-outs', 1_000, { msMax: 15_000 }),
  crashAtCall: kind('process', 'process', 'killed in the midst of a call to a port', 1_000, { msMax: 40 }),

  diskSlow: kind('disk', 'process', 'syncs take long', MINUTE, { rateMax: 0.3, msMax: 1_500 }),
  diskFull: kind('disk', 'process', 'writes fail: no room', 5_000),
  syncFailed: kind('disk', 'process', 'a sync fails', MINUTE, { rateMax: 0.02 }),
  readFailed: kind('disk', 'process', 'a read fails', 10 * MINUTE, { rateMax: 0.2 }),
  readCorrupt: kind('disk', 'process', 'a read brings a wrong byte', 10 * MINUTE, { rateMax: 0.2 }),

  wiped: kind('disk', 'node', 'its disk is lost: it starts anew with an empty one', 1_000, { msMax: 8_000 }),

  wrong: kind('node', 'traitor', 'signs what does not follow from the log', 2 * MINUTE, { rateMax: 1 }),
  mute: kind('node', 'traitor', 'sends no candidates', MINUTE),
  late: kind('node', 'traitor', 'sends its candidates late', MINUTE, { rateMax: 1, msMax: 6_000 }),
  equivocate: kind('node', 'traitor', 'signs two candidates for a cycle', 2_000, { rateMax: 0.5 }),
  replay: kind('node', 'traitor', 'sends old messages again', MINUTE, { rateMax: 0.3 }),
  forge: kind('node', 'traitor', 'appends frames, commands and receipts in the names of others', MINUTE, {
    msMax: 3_000,
  }),
  swallow: kind('node', 'traitor', 'acknowledges what it does not append', MINUTE, { rateMax: 1 }),
  falseSnapshot: kind('node', 'traitor', 'shares snapshots of what never was, in the names of others too', 5 * MINUTE, {
    rateMax: 1,
  }),
  timeLie: kind('node', 'traitor', 'claims a time hours off', 5 * MINUTE, { msMax: 7_200_000, ...OFF }),
  otherEngine: kind('node', 'traitor', 'runs another engine from its next start on', 5 * MINUTE),

  gatewayCrash: kind('gateway', 'gateway', 'crashes at a numbered step of its cycle', 10_000, { msMax: 60 }),

  freeze: kind('plant', 'device', 'the device does not answer', 15_000),
  drop: kind('plant', 'device', 'connections to the device are cut', 8_000),
  refuse: kind('plant', 'device', 'the device refuses writes', 15_000),
  lateEffect: kind('plant', 'battery', 'a setpoint takes effect late', MINUTE, { msMax: 4_000 }),
  stick: kind('plant', 'battery', 'the setpoint register is stuck', 20_000),
  clamp: kind('plant', 'battery', 'the device takes half of what it is asked', 20_000),
  local: kind('plant', 'battery', 'somebody turns the switch to local', 30_000),
  secondWriter: kind('plant', 'battery', 'another controller writes a setpoint', 1_000),
  replyLost: kind('plant', 'device', 'the device has done it, its reply is lost', MINUTE, { rateMax: 0.2 }),
  slowField: kind('plant', 'device', 'requests wait before they leave', 20_000, { rateMax: 0.5, msMax: 9_000 }),
  buffered: kind('plant', 'battery', 'a register reads back what was written one write before', 20_000, {
    rateMax: 0.5,
  }),
  reboot: kind('plant', 'battery', 'the device starts anew with its defaults', 1_000),

  notANumber: kind('data', 'device', 'readings say that there is no value', 20_000, { rateMax: 1 }),
  outOfRange: kind('data', 'device', 'readings are impossible', 10_000, { rateMax: 0.5 }),
  clockStands: kind('data', 'process', 'its stamps repeat: the wall clock stands still', MINUTE),
  oldMeter: kind('data', 'meter', 'the meter shows what was, not what is', 20_000, { msMax: 3_000 }),

  frozen: kind('data', 'meter', 'the meter repeats one reading', 20_000),
  swapped: kind('data', 'battery', 'two registers have changed places', 15_000, { rateMax: 1 }),

  busyPeople: kind('people', 'people', 'commands at once, again, too late, without the right', MINUTE, {
    msMax: 2_000,
  }),
  manifestChange: kind('people', 'people', 'a new manifest in mid-flight', 1_000),
  engineChange: kind(
    'people',
    'people',
    'the nodes start anew with another engine, one by one; a manifest activates it',
    1_000,
  ),

  nudge: kind('node', 'traitor', 'asks for early frames without end', 2 * MINUTE),
  impersonate: kind('node', 'traitor', 'sends candidates in the names of others', MINUTE, { rateMax: 1 }),
  recalibrated: kind('plant', 'battery', 'its state of charge turns out to be another one', 1_000),

  asleep: kind('clock', 'process', 'sleeps in the midst of a call, wakes with the wall clock of before', MINUTE, {
    msMax: 15_000,
  }),
  echo: kind('node', 'traitor', 'appends again what people asked for long ago', MINUTE, { msMax: 3_000 }),
  cutShort: kind('gateway', 'gateway', 'crashes while a command or a pulse is under way', MINUTE, { msMax: 4 }),
  unanswered: kind('plant', 'battery', 'a pulse is carried out, and its answer is lost', MINUTE, { rateMax: 1 }),
  brokenSensor: kind('data', 'battery', 'one of its sensors says that there is no value', 20_000),
  rivals: kind('people', 'people', 'several set one setpoint by hand at one moment', MINUTE, { msMax: 4_000 }),
  switching: kind('people', 'battery', 'it is started and stopped, again and again', MINUTE, { msMax: 3_000 }),

  storeDown: kind('views', 'store', 'the database of a projection does not answer', 20_000),
  storeSlow: kind('views', 'store', 'its answers take long', MINUTE, {
    rateMax: 0.5,
    msMax: 3_000,
    sizeExample: "'500 ms'",
  }),
  storeAckLost: kind('views', 'store', 'it has done it, and its answer is lost', MINUTE, { rateMax: 0.2 }),
  storeRefuses: kind('views', 'store', 'what is in a slice does not go in, now or ever', MINUTE, { rateMax: 0.1 }),
  storeLost: kind('views', 'store', 'it is gone; an empty one, or that of another log, stands in its place', 1_000),
  viewsCrash: kind('views', 'views', 'killed in the midst of a call to a database', 10_000, { msMax: 40 }),
} as const satisfies Record<string, Kind>

export type FaultKind = keyof typeof KINDS
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[]
