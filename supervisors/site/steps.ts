import { Refusal } from '../../protocol/words/errors.ts'
import { parse, raw, type Unit } from '../../protocol/words/units.ts'

/** A quantity of the site file in smallest steps. Throws SITE_FILE with its place. */
export const steps = (unit: Unit, text: string, where: string): number => {
  try {
    return raw(parse(unit, text, where))
  } catch (error) {
    throw new Refusal('SITE_FILE', (error as Error).message)
  }
}
