/** Mistakes of the views: rows and checkpoint, frozen folds, slices, what is set aside, and whose log it is. */
import type { Mutation } from './catalogue.ts'

const PROJECTOR = 'projections/runner/projector.ts'
const APPLIER = 'projections/runner/applier.ts'
const SLICER = 'projections/runner/slicer.ts'

export const VIEWS: readonly Mutation[] = [
  {
    name: 'checkpoint-before-its-rows',
    text: 'The checkpoint first, so that nobody takes the same records meanwhile; then the rows',
    changes: [
      {
        file: APPLIER,
        find: 'const refusal = await this.#offer({ expected: this.checkpoint, to: last.to, slices, passed, fold })',
        replace: `await this.#offer({ expected: this.checkpoint, to: last.to, slices: [], passed, fold: null })
    const refusal = await this.#offer({ expected: last.to, to: last.to, slices, passed, fold })`,
      },
    ],
    breaks: ['S22'],
    profile: 'viewsCrash',
  },
  {
    name: 'fenced-joins-in',
    text: 'Where the checkpoint is another one, it goes on from there',
    changes: [
      {
        file: APPLIER,
        find: "if (applied.kind === 'fenced')\n",
        replace: `if (applied.kind === 'fenced' && applied.found >= 0 && applied.found < batch.to)
      return this.#offer({ ...batch, expected: applied.found })
    if (applied.kind === 'fenced')\n`,
      },
    ],
    breaks: ['S22'],
    profile: 'storeLost+storeSlow+viewsCrash',
  },
  {
    name: 'lost-store-is-late',
    text: 'A database without a checkpoint has not come up yet: its rows are there',
    changes: [
      {
        file: APPLIER,
        find: "if (applied.kind === 'fenced')",
        replace: "if (applied.kind === 'fenced' && applied.found >= 0)",
      },
    ],
    breaks: ['L5'],
    profile: 'storeLost',
  },
  {
    name: 'checkpoint-of-any-log',
    text: 'A checkpoint is a checkpoint',
    changes: [
      {
        file: PROJECTOR,
        find: 'if (standing.topicId === topicId && standing.checkpoint < next && !stepped) return standing',
        replace: "if (standing.topicId !== '' && standing.checkpoint < next && !stepped) return standing",
      },
    ],
    breaks: ['S22', 'L5'],
    profile: 'storeLost',
  },
  {
    name: 'frozen-as-it-leaves',
    text: 'The fold is frozen as the batch leaves, when it has taken more than the batch has',
    changes: [
      {
        file: PROJECTOR,
        find: 'const fold = this.#frozen\n',
        replace: 'const fold = this.#frozen && this.#slicer.fold.freeze()\n',
      },
    ],
    breaks: ['S22'],
    profile: 'storeDown+storeAckLost',
  },
  {
    name: 'follows-from-the-checkpoint',
    text: 'What is below the checkpoint is done, so it is not read again',
    changes: [
      {
        file: PROJECTOR,
        find: 'facts.follow(partition, fold.position + 1, {',
        replace: 'facts.follow(partition, standing.checkpoint + 1, {',
      },
    ],
    breaks: ['S22'],
    profile: 'viewsCrash',
  },
  {
    name: 'folded-again-is-projected-again',
    text: 'A record that is taken is projected; the rows are replaced by their keys anyhow',
    changes: [
      { file: SLICER, find: 'if (position <= this.#checkpoint) return null // C1\n', replace: '' },
      {
        file: SLICER,
        find: 'if (position > this.#checkpoint)\n',
        replace: '',
      },
    ],
    breaks: ['S22'],
    profile: 'viewsCrash',
  },
  {
    name: 'slices-begin-with-the-process',
    text: 'A slice is so many records, counted from wherever the fold begins',
    changes: [
      {
        file: SLICER,
        find: `if (position <= this.#checkpoint) return null // C1
    this.#records++\n`,
        replace: `this.#records++
    if (position <= this.#checkpoint) return null // C1\n`,
      },
      { file: 'projections/timeseries/rows.ts', find: 'SLICE_RECORDS = 512', replace: 'SLICE_RECORDS = 48' },
    ],
    breaks: ['S22'],
    profile: 'viewsCrash',
  },
  {
    name: 'refused-slice-is-left-out',
    text: 'What does not go in is noted, and the next slice follows',
    changes: [
      {
        file: APPLIER,
        find: 'const still = await this.#offer({ ...alone, slices: [this.#without(slice, reason)] })',
        replace: 'const still = this.#without(slice, reason).changes.length > 0 ? reason : null',
      },
    ],
    breaks: ['S22'],
    profile: 'storeRefuses',
  },
  {
    name: 'refused-slice-forgets-its-own',
    text: 'A slice that is set aside is one record set aside',
    changes: [
      {
        file: APPLIER,
        find: "setAside: [...setAside, { position: to, code: 'POISONED', reason }]",
        replace: "setAside: [{ position: to, code: 'POISONED', reason }]",
      },
    ],
    breaks: ['S22'],
    profile: 'storeRefuses+forge',
  },
  {
    name: 'one-refusal-refuses-all',
    text: 'A batch that does not go in is set aside',
    changes: [
      {
        file: APPLIER,
        find: 'const reason = await this.#offer({ ...alone, slices: [slice] })',
        replace: 'const reason: string | null = refusal',
      },
    ],
    breaks: ['S22'],
    profile: 'storeRefuses+storeDown',
  },
  {
    name: 'refused-by-the-fold-is-nothing',
    text: 'What the fold refuses was never there',
    changes: [
      {
        file: SLICER,
        find: "if (taken.kind === 'refused') this.#aside(position, taken.code, taken.reason)\n",
        replace: '',
      },
    ],
    breaks: ['S22'],
    profile: 'viewsCrash',
  },
  {
    name: 'frames-are-rows',
    text: 'Every frame of the log is in the series, also one that came before',
    changes: [
      {
        file: 'projections/timeseries/rows.ts',
        find: "if (fact.kind === 'FrameMeasured' && candidate) {",
        replace: "if (fact.kind === 'FrameMeasured') {",
      },
    ],
    breaks: ['S20'],
    profile: 'ackLost+logDelay+viewsCrash',
  },
  {
    name: 'bad-samples-are-left-out',
    text: 'A reading without a value is none',
    changes: [
      {
        file: 'projections/timeseries/rows.ts',
        find: "const number = typeof value === 'number' ? value : null\n",
        replace: "if (quality === 'bad') continue\n      const number = typeof value === 'number' ? value : null\n",
      },
    ],
    breaks: ['S20'],
    profile: 'notANumber+viewsCrash',
  },
]
