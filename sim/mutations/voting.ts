/** Mistakes in who counts, what governs, and for how long: voter, ballots, governor, channel, writer, codec. */
import type { Mutation } from './catalogue.ts'

export const VOTING: readonly Mutation[] = [
  {
    name: 'vote-counts-a-key-twice',
    text: 'A repeated vote is one more vote, only another opinion of the same key is looked at',
    changes: [
      {
        file: 'edge/ballots.ts',
        find: 'const first = ballot.votes.find(v => v.by === vote.by)',
        replace: 'const first = ballot.votes.find(v => v.by === vote.by && v.digest !== vote.digest)',
      },
    ],
    breaks: ['S14'],
    profile: 'duplicate+logCut+mute',
  },
  {
    name: 'votes-agree-by-their-number',
    text: 'A quorum is as many votes as a majority has, whatever they say',
    changes: [
      {
        file: 'edge/ballots.ts',
        find: 'agreeing: counted.votes.filter(v => v.digest === vote.digest),',
        replace: 'agreeing: counted.votes,',
      },
    ],
    breaks: ['S12'],
    profile: 'wrong',
  },
  {
    name: 'last-opinion-wins',
    text: 'A cycle that has its voters may still be corrected by a late vote',
    changes: [
      {
        file: 'edge/voter.ts',
        find: "if (c?.kind !== 'counted' || c.ballot.decided) return false",
        replace: "if (c?.kind !== 'counted') return false",
      },
      {
        file: 'edge/voter.ts',
        find: 'return c.agreeing.length >= see.context.rules.quorum && fresh(see, c.ballot)',
        replace: 'return c.ballot.votes.length >= see.context.rules.quorum && fresh(see, c.ballot)',
      },
      {
        file: 'edge/voter.ts',
        find: 'ballot.cycle > context.applied &&',
        replace: 'ballot.cycle >= context.applied &&',
      },
    ],
    breaks: ['S2'],
    profile: 'wrong',
  },
  {
    name: 'first-answer-governs',
    text: 'Where one replica may decide alone, it need not wait for the others',
    changes: [
      {
        file: 'edge/voter.ts',
        find: "on: { vote: [{ guard: 'quorum', target: 'majority', reenter: true, actions: 'apply' }] },",
        replace:
          "on: { vote: [{ guard: 'quorum', target: 'majority', reenter: true, actions: 'apply' }, { guard: 'alone', target: 'majority', reenter: true, actions: 'applySingle' }] },",
      },
    ],
    breaks: ['S12'],
    profile: 'wrong',
  },
  {
    name: 'older-cycle-applied',
    text: 'Whatever gets its quorum is applied, also after a newer cycle was',
    changes: [{ file: 'edge/voter.ts', find: 'ballot.cycle > context.applied && ', replace: '' }],
    breaks: ['S3'],
    profile: 'late+loss',
  },
  {
    name: 'waits-for-every-vote',
    text: 'A quorum is complete when all configured replicas agree',
    changes: [
      {
        file: 'edge/voter.ts',
        find: 'c.agreeing.length >= see.context.rules.quorum',
        replace: 'c.agreeing.length >= see.context.rules.replicas.length',
      },
    ],
    breaks: ['L1', 'L2'],
    profile: 'mute',
  },
  {
    name: 'proof-for-the-record',
    text: 'A proof of equivocation is put on record, for people to judge',
    changes: [
      { file: 'edge/voter.ts', find: ' || context.disqualified.includes(vote.by)', replace: '' },
      {
        file: 'supervisors/node/replica.ts',
        find: "if (state.disqualified.includes(key)) this.#chart.send({ type: 'proven' })",
        replace: '',
      },
    ],
    breaks: ['S15'],
    profile: 'equivocate',
  },
  {
    name: 'proof-silences-all',
    text: 'A site where a key is out decides no more',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: 'if (state.disqualified.includes(key))',
        replace: 'if (key && state.disqualified.length > 0)',
      },
    ],
    breaks: ['L2', 'L7'],
    profile: 'equivocate',
  },
  {
    name: 'candidate-signature-unchecked',
    text: 'The link has proved who speaks: the signature of what is said is not asked for again',
    changes: [
      {
        file: 'protocol/codec/candidate.ts',
        find: "if (!verifier.verify('candidate', publicKey, bytes, signature)) return 'badSignature'",
        replace: "if (publicKey === '' || signature === '' || !verifier) return 'badSignature'",
      },
    ],
    breaks: ['S13'],
    profile: 'impersonate',
  },
  {
    name: 'nothing-lapses',
    text: 'The voter enters its fallback and nobody is told',
    changes: [{ file: 'edge/voter.ts', find: "entry: 'lapse',", replace: '' }],
    breaks: ['L3'],
    profile: 'isolation',
  },
  {
    name: 'valid-by-the-wall-clock',
    text: 'A verdict is valid until a time of day',
    changes: [
      {
        file: 'edge/governor.ts',
        find: '    this.#ports = ports\n',
        replace: '    this.#ports = { ...ports, clock: { ...ports.clock, monotonicMs: () => ports.clock.wallMs() } }\n',
      },
      {
        file: 'edge/governor.ts',
        find: 'const nowMs = ports.clock.monotonicMs()',
        replace: 'const nowMs = ports.clock.wallMs()',
      },
      {
        file: 'edge/executor.ts',
        find: 'this.#notebook.verdict(verdict, this.#owner.slots(), this.#ports.clock.monotonicMs())',
        replace: 'this.#notebook.verdict(verdict, this.#owner.slots(), this.#ports.clock.wallMs())',
      },
      {
        file: 'edge/executor.ts',
        find: "type: 'intended', atMs: this.#ports.clock.monotonicMs()",
        replace: "type: 'intended', atMs: this.#ports.clock.wallMs()",
      },
      {
        file: 'edge/one-shot.ts',
        find: "type: 'intended', atMs: this.#ports.clock.monotonicMs()",
        replace: "type: 'intended', atMs: this.#ports.clock.wallMs()",
      },
      {
        file: 'edge/gateway.ts',
        find: 'this.#field.feed(this.#governor.fed(), nowMs + timing.cycleMs)',
        replace: 'this.#field.feed(this.#governor.fed(), this.#o.ports.clock.wallMs() + timing.cycleMs)',
      },
      {
        file: 'edge/drivers/modbus/index.ts',
        find: 'if (this.#o.clock.monotonicMs() >= validUntilMs)',
        replace: 'if (this.#o.clock.wallMs() >= validUntilMs)',
      },
      {
        file: 'edge/drivers/modbus/line.ts',
        find: 'this.#o.clock.monotonicMs() >= validUntilMs',
        replace: 'this.#o.clock.wallMs() >= validUntilMs',
      },
      {
        file: 'edge/drivers/modbus/line.ts',
        find: 'clock.after(Math.max(0, validUntilMs - clock.monotonicMs())',
        replace: 'clock.after(Math.max(0, validUntilMs - clock.wallMs())',
      },
    ],
    breaks: ['S4'],
    profile: 'asleep',
  },
  {
    name: 'restart-begins-in-the-fallback',
    text: 'A gateway that starts has heard no quorum: its assets begin under their local laws',
    changes: [
      {
        file: 'edge/governor.ts',
        find: "if (standing) channel.send({ type: 'verdict' })",
        replace: "channel.send({ type: 'verdict' })\n      channel.send({ type: 'lapsed' })",
      },
    ],
    breaks: ['S25'],
    profile: 'cutShort+logDelay+rivals',
  },
  {
    name: 'local-mode-unheard',
    text: 'A device that says local is released when it says remote',
    changes: [
      {
        file: 'edge/governor.ts',
        find: "if (mode !== undefined) channel.send({ type: mode === 'local' ? 'local' : 'remote' })",
        replace: "if (mode === 'remote') channel.send({ type: 'remote' })",
      },
    ],
    breaks: ['S36'],
    profile: 'local+busyPeople',
  },
  {
    name: 'dissent-of-the-late-unsaid',
    text: 'A cycle that is decided is done with: who disagrees later is not compared',
    changes: [
      {
        file: 'edge/voter.ts',
        find: 'if (decided && decided.digest !== vote.digest) {',
        replace: 'if (!decided && context.standing?.certificate.digest === vote.digest) {',
      },
    ],
    breaks: ['L6'],
    profile: 'wrong+late',
  },
  {
    name: 'silence-unsaid',
    text: 'Silence is counted from the last vote that was counted, and no vote is no count',
    changes: [
      {
        file: 'edge/voter.ts',
        find: "if (quiet[by] === SILENT_AFTER) effects.push({ kind: 'silent', by })",
        replace: "if (heard && quiet[by] === SILENT_AFTER) effects.push({ kind: 'silent', by })",
      },
    ],
    breaks: ['L6'],
    profile: 'mute',
  },
  {
    name: 'an-alarm-each-time',
    text: 'Every report of a condition is one more record',
    changes: [
      {
        file: 'edge/reports.ts',
        find: "if (this.#raised.has(key) === (state === 'raised')) return",
        replace: "if (state === 'returned' && !this.#raised.has(key)) return",
      },
    ],
    breaks: ['S35'],
    profile: 'wrong',
  },
]
