/**
 * Holds a register map against the definition of its asset, and against itself. Findings are data: who makes the
 * manifest refuses on any of them and shows them all at once.
 */
import {
  type ModbusKind,
  type PointRegister,
  type RegisterMap,
  type SetpointRegister,
  sizeOf,
  typeOf,
} from './register-map.ts'

type MapFindingCode =
  | 'UNKNOWN_POINT'
  | 'MISSING_POINT'
  | 'UNKNOWN_SETPOINT'
  | 'MISSING_SETPOINT'
  | 'UNKNOWN_PULSE'
  | 'MISSING_PULSE'
  | 'UNIT_MISMATCH'
  | 'WORDS_MISMATCH'
  | 'OVERLAP'
  | 'BEYOND_ADDRESSES'
  | 'BIT_AS_NUMBER'
  | 'GROUP_TOO_SMALL'
  | 'SCALE_NOT_EXACT'
  | 'NOTHING_PLAUSIBLE'
  | 'FLASH_CYCLIC'
  | 'BUDGET_BELOW_REFRESH'
  | 'SAME_PULSE'
  | 'WATCHDOG_TOO_SLOW'

export interface MapFinding {
  readonly code: MapFindingCode
  /** `points.soc`. */
  readonly where: string
  readonly message: string
}

/** What the map needs to know of an asset's definition: a unit, or the words that a point can say. */
export interface MapDefinition {
  readonly points: Readonly<Record<string, string | readonly string[] | { readonly unit: string }>>
  readonly setpoints?: Readonly<Record<string, { readonly unit: string }>>
  readonly pulses?: readonly string[]
}

export function checkRegisterMap(map: RegisterMap, definition: MapDefinition): readonly MapFinding[] {
  return [
    ...names('points', 'POINT', Object.keys(map.points), Object.keys(definition.points)),
    ...names('setpoints', 'SETPOINT', Object.keys(map.setpoints ?? {}), Object.keys(definition.setpoints ?? {})),
    ...names('pulses', 'PULSE', Object.keys(map.pulses ?? {}), definition.pulses ?? []),
    ...Object.entries(map.points).flatMap(([name, r]) =>
      pointFindings(map, `points.${name}`, r, definition.points[name]),
    ),
    ...Object.entries(map.setpoints ?? {}).flatMap(([name, r]) =>
      setpointFindings(`setpoints.${name}`, r, definition.setpoints?.[name]?.unit),
    ),
    ...pulseFindings(map),
    ...watchdogFindings(map),
    ...overlaps(reads(map)),
    ...overlaps(writes(map)),
  ]
}

function names(
  group: string,
  what: 'POINT' | 'SETPOINT' | 'PULSE',
  mapped: readonly string[],
  defined: readonly string[],
): readonly MapFinding[] {
  const list = defined.join(', ') || 'none'
  return [
    ...mapped
      .filter(name => !defined.includes(name))
      .map(name => finding(`UNKNOWN_${what}`, `${group}.${name}`, `the asset has no '${name}'; it has ${list}`)),
    ...defined
      .filter(name => !mapped.includes(name))
      .map(name => finding(`MISSING_${what}`, `${group}.${name}`, 'the asset needs it and no register is given')),
  ]
}

const finding = (code: MapFinding['code'], where: string, message: string): MapFinding => ({ code, where, message })

function pointFindings(
  map: RegisterMap,
  where: string,
  r: PointRegister,
  defined: MapDefinition['points'][string] | undefined,
): readonly MapFinding[] {
  const found: MapFinding[] = []
  const bit = r.kind === 'coil' || r.kind === 'discrete'
  if (bit && (r.type !== undefined || r.scale !== undefined))
    found.push(finding('BIT_AS_NUMBER', where, `a ${r.kind} is one bit; it has no type and no scale`))
  if (r.register + sizeOf(r) > 65_536) found.push(finding('BEYOND_ADDRESSES', where, 'it ends beyond register 65535'))
  if (sizeOf(r) > (map.maxRegisters ?? 125))
    found.push(finding('GROUP_TOO_SMALL', where, `${sizeOf(r)} registers do not fit maxRegisters`))
  if (r.plausible && (bit || r.words !== undefined || r.plausible.min >= r.plausible.max))
    found.push(finding('NOTHING_PLAUSIBLE', where, `no number is between ${r.plausible.min} and ${r.plausible.max}`))
  if (defined === undefined) return found
  if (typeof defined === 'string' || 'unit' in defined) {
    const unit = typeof defined === 'string' ? defined : defined.unit
    if (r.words !== undefined) found.push(finding('WORDS_MISMATCH', where, `the asset measures ${unit}, not words`))
    else if (r.unit !== unit)
      found.push(finding('UNIT_MISMATCH', where, `'${r.unit ?? 'none'}' where the asset has '${unit}'`))
    return found
  }
  const said = Object.values(r.words ?? {})
  const differ = said.length === 0 || said.some(w => !defined.includes(w)) || defined.some(w => !said.includes(w))
  if (differ)
    found.push(
      finding(
        'WORDS_MISMATCH',
        where,
        `it says ${said.join(', ') || 'no words'}; the asset knows ${defined.join(', ')}`,
      ),
    )
  return found
}

function setpointFindings(where: string, r: SetpointRegister, unit: string | undefined): readonly MapFinding[] {
  const found: MapFinding[] = []
  if (unit !== undefined && r.unit !== unit)
    found.push(finding('UNIT_MISMATCH', where, `'${r.unit ?? 'none'}' where the asset has '${unit}'`))
  if (r.storage !== 'RAM')
    found.push(finding('FLASH_CYCLIC', where, 'written each cycle, yet not declared as RAM: flash wears out'))
  if (typeOf(r) !== 'float32' && !exact(r))
    found.push(
      finding('SCALE_NOT_EXACT', where, 'num/den is neither a whole number nor one over one: a read back differs'),
    )
  if (r.register + sizeOf(r) > 65_536) found.push(finding('BEYOND_ADDRESSES', where, 'it ends beyond register 65535'))
  const refreshes = r.refreshMs === undefined ? 0 : 86_400_000 / r.refreshMs
  if (r.writesPerDay !== undefined && refreshes > r.writesPerDay)
    found.push(finding('BUDGET_BELOW_REFRESH', where, `refreshing alone takes ${Math.ceil(refreshes)} writes a day`))
  return found
}

/** Quantising twice is quantising once only where raw steps and the unit's steps divide one another. */
function exact(r: SetpointRegister): boolean {
  const num = r.scale?.num ?? 1
  const den = r.scale?.den ?? 1
  return num % den === 0 || den % num === 0
}

function pulseFindings(map: RegisterMap): readonly MapFinding[] {
  const seen = new Map<string, string>()
  return Object.entries(map.pulses ?? {}).flatMap(([name, p]) => {
    const key = `${p.kind ?? 'holding'}:${p.register}=${p.value}`
    const other = seen.get(key)
    seen.set(key, name)
    return other === undefined ? [] : [finding('SAME_PULSE', `pulses.${name}`, `does what '${other}' does`)]
  })
}

function watchdogFindings(map: RegisterMap): readonly MapFinding[] {
  const dog = map.watchdog
  if (!dog) return []
  const found: MapFinding[] = []
  if (dog.storage !== 'RAM')
    found.push(finding('FLASH_CYCLIC', 'watchdog', 'fed each cycle, yet not declared as RAM: flash wears out'))
  if (dog.periodMs * 2 > dog.timeoutMs)
    found.push(
      finding('WATCHDOG_TOO_SLOW', 'watchdog', 'fed less than twice within its time-out: one lost write trips it'),
    )
  return found
}

interface Area {
  readonly where: string
  readonly kind: ModbusKind
  readonly register: number
  readonly size: number
  /** Areas that may share a register: the pulses of one command register. */
  readonly shares?: string
}

function reads(map: RegisterMap): readonly Area[] {
  return Object.entries(map.points).map(([name, r]) => ({
    where: `points.${name}`,
    kind: r.kind,
    register: r.register,
    size: r.kind === 'coil' || r.kind === 'discrete' ? 1 : sizeOf(r),
  }))
}

function writes(map: RegisterMap): readonly Area[] {
  const setpoints = Object.entries(map.setpoints ?? {}).map(
    ([name, r]): Area => ({ where: `setpoints.${name}`, kind: 'holding', register: r.register, size: sizeOf(r) }),
  )
  const pulses = Object.entries(map.pulses ?? {}).map(([name, p]): Area => {
    const kind = p.kind ?? 'holding'
    return { where: `pulses.${name}`, kind, register: p.register, size: 1, shares: 'pulse' }
  })
  const dog = map.watchdog
  const beat: Area[] = dog ? [{ where: 'watchdog', kind: 'holding', register: dog.register, size: 1 }] : []
  const arm: Area[] = dog?.arm ? [{ where: 'watchdog.arm', kind: 'holding', register: dog.arm.register, size: 1 }] : []
  return [...setpoints, ...pulses, ...beat, ...arm]
}

function overlaps(areas: readonly Area[]): readonly MapFinding[] {
  return areas.flatMap((a, i) =>
    areas.slice(0, i).flatMap(b => {
      const apart = a.kind !== b.kind || a.register >= b.register + b.size || b.register >= a.register + a.size
      if (apart || (a.shares !== undefined && a.shares === b.shares)) return []
      return [finding('OVERLAP', a.where, `register ${a.register} is also part of ${b.where}`)]
    }),
  )
}
