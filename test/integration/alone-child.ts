/** A process that stands alone, as bad as it is told: `stuck` never drains, `hang` turns no more. */

import { standAlone } from '../../supervisors/process/stand-alone.ts'
import { StepMark } from '../../supervisors/process/step-mark.ts'

const [, , how = '', folder = ''] = process.argv
await standAlone({
  name: 'alone',
  drainMs: how === 'late' ? 1_000 : 600_000,
  marks: [folder],
  async open() {
    if (how === 'hang')
      setTimeout(() => {
        new StepMark(folder).set(42)
        for (;;);
      }, 100)
    if (how === 'falls') setTimeout(() => Promise.reject(new Error('it fell')), 1_000)
    return { stop: () => (how === 'drains' ? Promise.resolve() : new Promise(() => {})) }
  },
})
