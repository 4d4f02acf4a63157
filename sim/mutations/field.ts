/** Mistakes on the way to a device and back: executor, target, writer's order, one-shot work, Modbus, budgets. */
import type { Mutation } from './catalogue.ts'

export const FIELD: readonly Mutation[] = [
  {
    name: 'intent-after-the-write',
    text: 'The note of a verdict is on its way to the disk while its writes leave',
    changes: [
      {
        file: 'edge/executor.ts',
        find: 'if (noted) this.#run(noted, intended)\n    else intended()',
        replace: 'if (noted) this.#run(noted, () => {})\n    intended()',
      },
    ],
    breaks: ['S6'],
    profile: 'diskSlow+busyPeople',
  },
  {
    name: 'pulse-before-its-intent',
    text: 'A pulse is noted and sent at the same time',
    changes: [
      {
        file: 'edge/one-shot.ts',
        find: "this.#run(this.#notebook.write({ k: 'pulse', id, asset, name }), () =>\n        send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() }),\n      )",
        replace:
          "{\n      this.#note({ k: 'pulse', id, asset, name })\n      queueMicrotask(() => send({ type: 'intended', atMs: this.#ports.clock.monotonicMs() }))\n    }",
      },
    ],
    breaks: ['S6', 'S8'],
    profile: 'diskSlow+busyPeople',
  },
  {
    name: 'pulse-again-after-its-end',
    text: 'An id is known as long as its pulse is under way',
    changes: [
      {
        file: 'edge/one-shot.ts',
        find: 'if (this.#notebook.hasPulse(input.id)) return',
        replace: 'if (this.#pulses.has(input.id)) return',
      },
    ],
    breaks: ['S8'],
    profile: 'logDelay+switching',
  },
  {
    name: 'power-without-its-sign',
    text: 'What is measured is told without its sign',
    changes: [
      {
        file: 'edge/field.ts',
        find: "value: quality === 'bad' ? null : usable!.value",
        replace:
          "value: quality === 'bad' ? null : typeof usable!.value === 'number' ? Math.abs(usable!.value) : usable!.value",
      },
    ],
    breaks: ['energy'],
    profile: 'calm',
  },
  {
    name: 'cut-short-is-failed',
    text: 'What was under way when the gateway died has failed',
    changes: [
      {
        file: 'edge/one-shot.ts',
        find: "this.#end({ id, outcome: 'unknown', reason })",
        replace: "this.#end({ id, outcome: 'failed', reason })",
      },
    ],
    breaks: ['S11'],
    profile: 'cutShort+rivals+switching',
  },
  {
    name: 'no-answer-is-failed',
    text: 'A write without an answer in time did not happen',
    changes: [{ file: 'edge/field.ts', find: "result?.code === 'timeout' || ", replace: '' }],
    breaks: ['S11'],
    profile: 'replyLost',
  },
  {
    name: 'answered-is-confirmed',
    text: 'What the device has acknowledged is confirmed',
    changes: [
      {
        file: 'edge/field.ts',
        find: "if (readBack === r.written) return { ...seen, outcome: 'confirmed' }",
        replace: "if (r.accepted) return { ...seen, outcome: 'confirmed' }",
      },
    ],
    breaks: ['S9'],
    profile: 'stick',
  },
  {
    name: 'ramp-from-the-proposed',
    text: 'What was decided last is what the device is taken to hold',
    changes: [
      {
        file: 'edge/executor.ts',
        find: 'this.#applied.set(key, { value: held, local: 0, atMs: nowMs })',
        replace: 'if (!known) this.#applied.set(key, { value: held, local: 0, atMs: nowMs })',
      },
      {
        file: 'edge/executor.ts',
        find: 'this.#applied.set(key, { value: receipt.readBack, local, atMs })',
        replace: 'this.#applied.set(key, { value: receipt.decided, local, atMs })',
      },
    ],
    breaks: ['S29'],
    profile: 'calm',
  },
  {
    name: 'ramp-saves-up',
    text: 'A ramp may do at once what it could have done since the last change',
    changes: [
      {
        file: 'edge/target.ts',
        find: 'const dtMs = Math.min(s.nowMs - p.last.atMs, atOnceMs)',
        replace: 'const dtMs = Math.max(s.nowMs - p.last.atMs, atOnceMs)',
      },
    ],
    breaks: ['S29'],
    profile: 'busyPeople',
  },
  {
    name: 'limits-before-the-step',
    text: 'A value inside its limits is rounded to the nearest step of the register',
    changes: [
      {
        file: 'edge/target.ts',
        find: 'return [towardsZero, away, held].find(v => v >= lo && v <= hi) ?? towardsZero',
        replace: 'return away !== held || lo <= hi ? Math.round(value / step) * step || 0 : towardsZero',
      },
    ],
    breaks: ['S5'],
    profile: 'busyPeople',
  },
  {
    name: 'export-law-in-the-verdict-alone',
    text: 'A ceiling at the connection is the controllers’ business; between two verdicts it stands',
    changes: [
      {
        file: 'edge/target.ts',
        find: 'for (const ceiling of exportLimits(s, asset.name, name)) clamp(-Infinity, ceiling.pvMaxW, ceiling.why)',
        replace:
          'for (const ceiling of exportLimits(s, asset.name, name)) clamp(-Infinity, Math.max(ceiling.pvMaxW, p.last.value), ceiling.why)',
      },
    ],
    breaks: ['S5'],
    profile: 'people',
  },
  {
    name: 'pv-free-without-its-meter',
    text: 'Without a meter there is no export to limit',
    changes: [
      {
        file: 'edge/target.ts',
        find: 'return [exportLimit({ gridW, pvW, limitW: law.limitW, blindW: law.blindW })]',
        replace: 'return gridW === null ? [] : [exportLimit({ gridW, pvW, limitW: law.limitW, blindW: law.blindW })]',
      },
    ],
    breaks: ['S24'],
    profile: 'freeze',
  },
  {
    name: 'half-a-picture',
    text: 'A first frame shows what there is: a device that has not answered yet is in the next one',
    changes: [{ file: 'edge/sampler.ts', find: 'halfSeen: see => !observed(see),', replace: 'halfSeen: () => false,' }],
    breaks: ['S25'],
    profile: 'gatewayCrash+freeze',
  },
  {
    name: 'first-frame-takes-its-time',
    text: 'A gateway that starts gives its devices all the time that one of them may need',
    changes: [
      {
        file: 'edge/sampler.ts',
        find: 'halfSeen: see => !observed(see),',
        replace: 'halfSeen: see => at(see) < see.context.frameDueMs + see.context.observeMs,',
      },
    ],
    breaks: ['L1'],
    profile: 'crash+gatewayCrash',
  },
  {
    name: 'observe-writes',
    text: 'Observe is a mode as automatic is: its verdicts are carried out',
    changes: [
      {
        file: 'edge/executor.ts',
        find: "suppressed: standing?.actions.mode === 'observe',",
        replace: 'suppressed: standing === undefined,',
      },
    ],
    breaks: ['S1'],
    profile: 'calm',
  },
  {
    name: 'unsent-bytes-survive',
    text: 'After a time-out the connection is given up, and not destroyed',
    changes: [
      {
        file: 'edge/drivers/modbus/line.ts',
        find: 'this.#connection += 1\n    this.#transport?.destroy(reason)\n',
        replace: 'this.#connection += 1\n    if (this.#transport?.broken) this.#transport.destroy(reason)\n',
      },
    ],
    breaks: ['S4'],
    profile: 'slowField',
  },
  {
    name: 'bad-is-zero',
    text: 'A point without a value is written as 0, since a frame wants a number',
    changes: [
      {
        file: 'edge/field.ts',
        find: "value: quality === 'bad' ? null : usable!.value",
        replace: "value: quality === 'bad' ? 0 : usable!.value",
      },
    ],
    breaks: ['S24'],
    profile: 'freeze',
  },
  {
    name: 'old-passes-for-fresh',
    text: 'The age of a value is counted from the poll that it stands in',
    changes: [
      {
        file: 'edge/field.ts',
        find: 'const ageMs = usable ? Math.max(0, nowMs - usable.atMs) : 0',
        replace: 'const ageMs = usable ? Math.max(0, nowMs - (poll?.startedAtMs ?? usable.atMs)) : 0',
      },
    ],
    breaks: ['S24'],
    profile: 'freeze',
  },
  {
    name: 'implausible-passes',
    text: 'What is between its limits or above them is a value',
    changes: [
      {
        file: 'edge/drivers/modbus/codec.ts',
        find: 'return value < min || value > max ? invalid',
        replace: 'return value < min && value > max ? invalid',
      },
    ],
    breaks: ['S24'],
    profile: 'outOfRange',
  },
  {
    name: 'budget-forgotten-over-a-restart',
    text: 'A life of the gateway counts its own writes',
    changes: [
      {
        file: 'edge/drivers/budget.ts',
        find: 'for (const text of journal.recovered) this.#counts = recovered(this.#counts, JSON.parse(text) as Counted)',
        replace:
          'for (const text of journal.recovered) this.#counts = recovered(NO_WRITES, JSON.parse(text) as Counted)',
      },
    ],
    breaks: ['S30'],
    profile: 'gatewayCrash+crash+busyPeople',
  },
  {
    name: 'budget-counts-what-was-answered',
    text: 'A write without an answer costs nothing',
    changes: [
      {
        file: 'edge/drivers/modbus/index.ts',
        find: 'const outcome = await this.#line.exchange(request, validUntilMs)\n    if (outcome.kind',
        replace:
          "const outcome = await this.#line.exchange(request, validUntilMs)\n    if (outcome.kind === 'failed' && outcome.code === 'timeout') this.#o.budgets.refund(this.#o.name, name)\n    if (outcome.kind",
      },
      {
        file: 'edge/drivers/budget.ts',
        find: '  #keep(record: Counted): Promise<void> {',
        replace:
          '  refund(asset: string, name: string): void {\n    const register = [asset, name].join(String.fromCharCode(46))\n    const { hour, spent } = this.#counts\n    const hours = { ...spent[register], [hour]: Math.max(0, (spent[register]?.[hour] ?? 0) - 1) }\n    this.#counts = { hour, spent: { ...spent, [register]: hours } }\n  }\n  #keep(record: Counted): Promise<void> {',
      },
    ],
    breaks: ['S30'],
    profile: 'unanswered+switching',
  },
]
