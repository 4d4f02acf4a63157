/** The example household whose load is of a type of its own, in a folder of its own. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = new URL('../../', import.meta.url).pathname

export class OwnSite {
  readonly file: string
  readonly definition: string

  constructor(dir: string) {
    this.file = join(dir, 'home.yaml')
    this.definition = join(dir, 'knob.ts')
    this.write('')
  }
  /** `settings`: of the load, as the site file has them. */
  write(settings: string): void {
    const home = readFileSync(join(ROOT, 'sim/sites/home.yaml'), 'utf8')
    const own = home
      .replace('type: load\n', `type: knob\n    settings: { ${settings} }\n`)
      .replaceAll('map: maps/', `map: ${ROOT}sim/sites/maps/`)
    writeFileSync(this.file, `${own}definitions: [./knob.ts]\n`)
  }
  /** A load with a knob: `changes` on the definition as it is written. */
  define(changes: string): void {
    const text = `import { defineAsset } from '${ROOT}actors/kit/index.ts'
export const knob = defineAsset({
  type: 'knob', version: 1, title: 'A load with a knob', points: { power: 'W' }, setpoints: {},
  commands: { turn: { to: ['end', 'endless'] } }, settings: {}, alarms: {}, context: {}, limits: {}, guards: {},
  chart: {
    initial: 'low',
    states: {
      low: { on: { lost: {}, turn: 'high' } },
      high: { on: { lost: {}, turn: 'low' } },
    },
  },
  ${changes}
} as never)
`
    writeFileSync(this.definition, text)
  }
}
