/** Mistakes around the log: ingress, delivery, outbox, replica, clock of a node, what is frozen and what is adopted. */
import type { Mutation } from './catalogue.ts'

export const PLATFORM: readonly Mutation[] = [
  {
    name: 'acknowledged-before-the-log',
    text: 'The append goes on while the gateway is told that it is done',
    changes: [
      {
        file: 'protocol/ingress/uplink.ts',
        find: 'await this.#append(facts, [message.body])',
        replace: 'this.#append(facts, [message.body]).catch(() => {})',
      },
    ],
    breaks: ['S19'],
    profile: 'logFull',
  },
  {
    name: 'history-among-the-facts',
    text: 'A frame is a fact, however late',
    changes: [
      {
        file: 'protocol/ingress/uplink.ts',
        find: "await this.#append(stream === 'durable' ? facts : history, bodies)",
        replace: 'await this.#append(stream ? facts : history, bodies)',
      },
    ],
    breaks: ['S28'],
    profile: 'isolation+logStall',
  },
  {
    name: 'dead-carrier-is-awaited',
    text: 'Who carried last carries next, until a frame has waited for it in vain',
    changes: [
      {
        file: 'edge/carrier.ts',
        find: 'return { linked, carrier: c.carrier === node ? (others(c)[0] ?? null) : c.carrier }',
        replace: 'return { linked, carrier: c.carrier }',
      },
      { file: 'edge/delivery.ts', find: 'RESEND_MS = 100', replace: 'RESEND_MS = 900' },
    ],
    breaks: ['L1'],
    profile: 'crash',
  },
  {
    name: 'late-frames-dropped',
    text: 'A frame that no longer controls is of no use',
    changes: [
      {
        file: 'edge/delivery.ts',
        find: "...(late.length > 0 ? { do: { kind: 'history', frames: late } as const } : {}),",
        replace: "...(late.length > pending.length ? { do: { kind: 'history', frames: late } as const } : {}),",
      },
    ],
    breaks: ['S20'],
    profile: 'isolation',
  },
  {
    name: 'swallowed-frames-wait',
    text: 'A frame that was acknowledged is delivered, whatever becomes of its cycle',
    changes: [
      {
        file: 'edge/delivery.ts',
        find: "undecided: { guard: 'swallowed', actions: 'turn' },",
        replace: "undecided: { guard: 'uncarried', actions: 'turn' },",
      },
    ],
    breaks: ['L2'],
    profile: 'swallow',
  },
  {
    name: 'outbox-drops-at-half',
    text: 'An outbox makes room before it has none',
    changes: [
      {
        file: 'edge/outbox.ts',
        find: 'while (this.#entries.length >= this.#limits.capacity)',
        replace: 'while (this.#entries.length >= this.#limits.capacity / 2)',
      },
    ],
    breaks: ['S21'],
    profile: 'isolation+logStall',
  },
  {
    name: 'released-when-acknowledged',
    text: 'One node’s word is enough to forget an entry',
    changes: [
      {
        file: 'edge/outbox-chart.ts',
        find: 'if (see.context.readers > 0) return { remember: { acked } }\n',
        replace: '',
      },
    ],
    breaks: ['S20'],
    profile: 'swallow',
  },
  {
    name: 'gap-begins-at-its-last',
    text: 'A gap that takes in a gap begins where the newer one does',
    changes: [
      {
        file: 'edge/outbox.ts',
        find: "return (this.#entries[0] = this.#gapOf(oldest.first ?? oldest.n, this.#entries[0]!.n, 'outbox full'))",
        replace: "return (this.#entries[0] = this.#gapOf(oldest.n, this.#entries[0]!.n, 'outbox full'))",
      },
    ],
    breaks: ['S21'],
    profile: 'isolation+logStall',
  },
  {
    name: 'holes-are-stepped-over',
    text: 'What comes after a hole is newer, so it counts',
    changes: [
      {
        file: 'actors/controller/step.ts',
        find: 'if (first > durable + 1 || seq <= durable) return false',
        replace: 'if (first > seq || seq <= durable) return false',
      },
    ],
    breaks: ['S20', 'S11', 'S10', 'S35'],
    profile: 'swallow+busyPeople',
  },
  {
    name: 'reads-on-from-where-it-stands',
    text: 'A replica follows the log from the position that its snapshot has',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: 'logs.facts.follow(partition, this.#fold.position + 1, {',
        replace: 'logs.facts.follow(partition, Math.max(0, this.#fold.position), {',
      },
    ],
    breaks: ['S16', 'S17'],
    profile: 'crash',
  },
  {
    name: 'a-refusal-ends-the-batch',
    text: 'What follows a record that was refused is not read',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: '          reason: taken.reason,\n        })\n      } else',
        replace: '          reason: taken.reason,\n        })\n        break\n      } else',
      },
    ],
    breaks: ['S16', 'S17'],
    profile: 'forge+logCut',
  },
  {
    name: 'caught-up-exactly',
    text: 'A replica has caught up when it stands where the log ended as it began',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: "if (this.#chart.in('catchingUp') && next >= this.#caughtUpAt) this.#caughtUp()",
        replace: "if (this.#chart.in('catchingUp') && next === this.#caughtUpAt) this.#caughtUp()",
      },
    ],
    breaks: ['L7'],
    profile: 'crash+sparse',
  },
  {
    name: 'reader-gives-up',
    text: 'A log that cannot be read is read no more; the next start begins anew',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: 'batch: records => this.#batch(records),',
        replace:
          'batch: records => (this.refused > 0 && records.length > 64 ? new Promise<void>(() => {}) : this.#batch(records)),',
      },
    ],
    breaks: ['L5'],
    profile: 'forge+logCut',
  },
  {
    name: 'any-engine-votes',
    text: 'A replica that steps the log votes on it',
    changes: [
      {
        file: 'supervisors/node/replica.ts',
        find: "this.#chart.send({ type: 'standing', engineActive, listed",
        replace: "this.#chart.send({ type: 'standing', engineActive: engineActive || this.#chart.in('shadow'), listed",
      },
    ],
    breaks: ['S18'],
    profile: 'otherEngine',
  },
  {
    name: 'lives-share-an-epoch',
    text: 'A node’s claims of time are numbered from 1 in each life',
    changes: [
      {
        file: 'supervisors/node/timekeeper.ts',
        find: "nextOf(disk, 'lives', epoch)",
        replace: "nextOf(disk, 'lives', epoch).then(() => 1)",
      },
    ],
    breaks: ['S27'],
    profile: 'crash',
  },
  {
    name: 'one-signature-will-do',
    text: 'A snapshot that a replica has signed is a snapshot',
    changes: [{ file: 'supervisors/node/shared-snapshot.ts', find: 'who.size < 2', replace: 'who.size < 1' }],
    breaks: ['S34'],
    profile: 'wiped+falseSnapshot',
  },
  {
    name: 'a-name-is-a-signature',
    text: 'Who has shared a snapshot stands in it',
    changes: [
      {
        file: 'supervisors/node/shared-snapshot.ts',
        find: "!publicKey || !verifier.verify('snapshot', publicKey, shared.bytes, shared.signature)",
        replace: '!publicKey',
      },
    ],
    breaks: ['S34'],
    profile: 'wiped+falseSnapshot',
  },
  {
    name: 'signed-is-the-same',
    text: 'Two nodes have signed at that place: it does not matter which of the two is read',
    changes: [
      {
        file: 'supervisors/node/shared-snapshot.ts',
        find: 'const digest = sha256(shared.bytes)',
        replace: 'const digest = shared.site',
      },
    ],
    breaks: ['S34'],
    profile: 'wiped+falseSnapshot',
  },
  {
    name: 'new-disk-first-life',
    text: 'A node counts its lives on its own disk',
    changes: [
      {
        file: 'supervisors/node/timekeeper.ts',
        find: "nextOf(disk, 'lives', epoch)",
        replace: "nextOf(disk, 'lives')",
      },
    ],
    breaks: ['S27', 'L5', 'L7'],
    profile: 'wiped',
  },
  {
    name: 'timers-lost-on-restore',
    text: 'An actor’s timers belong to the process that runs them',
    changes: [
      {
        file: 'actors/kit/freeze.ts',
        find: '({ ...actor, chart: freeze(actor.chart) })',
        replace: '({ ...actor, timers: [], chart: freeze(actor.chart) })',
      },
    ],
    breaks: ['S16', 'S17'],
    profile: 'crash+busyPeople',
  },
  {
    name: 'mark-not-in-the-snapshot',
    text: 'Up to where the gateway’s stream was read is the reader’s business, not the site’s state',
    changes: [
      {
        file: 'actors/controller/fold.ts',
        find: 'const { mode, assets, commands, alarms, position: _, ...rest } = state',
        replace: 'const { mode, assets, commands, alarms, position: _, durable: _d, ...rest } = state',
      },
      {
        file: 'actors/controller/fold.ts',
        find: 'state: freezeSite(this.#state),',
        replace: 'state: { ...freezeSite(this.#state), durable: 0 },',
      },
    ],
    breaks: ['S16', 'S17'],
    profile: 'crash+busyPeople',
  },
  {
    name: 'hash-kept-by-name',
    text: 'An asset’s leaf of the state hash is kept by its name',
    changes: [
      {
        file: 'actors/controller/fold.ts',
        find: 'readonly #leaves = new WeakMap<object, string>()',
        replace: 'readonly #leaves = new WeakMap<object, string>()\n  readonly #named = new Map<string, string>()',
      },
      {
        file: 'actors/controller/fold.ts',
        find: 'return this.#once(actor, () => sha256(canonical(freezeActor(actor))))',
        replace:
          'const key = actor.chart.machine.id + JSON.stringify(actor.out)\n    const kept = this.#named.get(key) ?? sha256(canonical(freezeActor(actor)))\n    this.#named.set(key, kept)\n    return kept',
      },
    ],
    breaks: ['S16', 'S17'],
    profile: 'crash+busyPeople',
  },
  {
    name: 'manifest-of-tomorrow',
    text: 'Signatures and roles are those of the newest manifest, in force or not yet',
    changes: [
      {
        file: 'actors/controller/fold.ts',
        find: 'const opened = authentic(parsed, manifest, this.#o.verifier)',
        replace: 'const opened = authentic(parsed, this.latest ?? manifest, this.#o.verifier)',
      },
    ],
    breaks: ['S26'],
    profile: 'manifestChange',
  },
  {
    name: 'manifest-sets-its-own-bar',
    text: 'A manifest names its administrators, and they have to sign it',
    changes: [
      { file: 'protocol/codec/manifest.ts', find: 'const authority = inForce ?? m', replace: 'const authority = m' },
    ],
    breaks: ['S26'],
    profile: 'forge',
  },
  {
    name: 'manifest-falls-back',
    text: 'The manifest that was installed last is the one in force',
    changes: [
      {
        file: 'protocol/codec/manifest.ts',
        find: 'if (inForce && m.version <= inForce.version)',
        replace: 'if (inForce && m.version < 1)',
      },
      {
        file: 'protocol/codec/manifest.ts',
        find: 'if (inForce && m.previous !== manifestHash(inForce))',
        replace: 'if (inForce && m.version === inForce.version + 1 && m.previous !== manifestHash(inForce))',
      },
    ],
    breaks: ['S33'],
    profile: 'manifestChange',
  },
  {
    name: 'viewers-command',
    text: 'Whoever has a key may send a command',
    changes: [
      {
        file: 'protocol/codec/fact.ts',
        find: "CommandRequested: ['operator', 'engineer', 'administrator'],",
        replace: "CommandRequested: ['viewer', 'operator', 'engineer', 'administrator'],",
      },
    ],
    breaks: ['S23', 'S26'],
    profile: 'busyPeople',
  },
  {
    name: 'tenant-is-not-compared',
    text: 'The name of a site says whose it is',
    changes: [
      {
        file: 'actors/controller/fold.ts',
        find: "if (fact.tenant !== tenant || ('site' in fact && fact.site !== site)) return",
        replace: "if ('site' in fact && fact.site !== site) return",
      },
      {
        file: 'protocol/codec/fact.ts',
        find: "if (fact.tenant !== manifest.tenant || ('site' in fact && fact.site !== manifest.site))",
        replace: "if ('site' in fact && fact.site !== manifest.site)",
      },
    ],
    breaks: ['S23'],
    profile: 'calm',
  },
  {
    name: 'site-is-not-compared',
    text: 'What a tenant has signed holds at each of his sites',
    changes: [
      {
        file: 'actors/controller/fold.ts',
        find: "if (fact.tenant !== tenant || ('site' in fact && fact.site !== site)) return",
        replace: 'if (fact.tenant !== tenant || site === undefined) return',
      },
      {
        file: 'protocol/codec/fact.ts',
        find: "if (fact.tenant !== manifest.tenant || ('site' in fact && fact.site !== manifest.site))",
        replace: 'if (fact.tenant !== manifest.tenant)',
      },
    ],
    breaks: ['S23'],
    profile: 'calm',
  },
]
