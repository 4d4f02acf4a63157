/**
 * A declarative register map: what a device's registers mean, as part of the manifest. Plain data, checked when the
 * manifest is made, so that a mistake is refused at a desk and not found at the device.
 *
 * Scale: value in the unit's smallest step = raw x num / den.
 */
import Type, { type Static } from 'typebox'

const MODBUS_KINDS = ['holding', 'input', 'coil', 'discrete'] as const
export const MODBUS_TYPES = ['int16', 'uint16', 'int32', 'uint32', 'uint64', 'float32'] as const
const literals = <const T extends readonly string[]>(values: T) => Type.Unsafe<T[number]>(Type.Enum([...values]))

const address = Type.Integer({ minimum: 0, maximum: 65_535 })
const word = Type.Integer({ minimum: 0, maximum: 65_535 })
const positive = Type.Integer({ minimum: 1 })
const scale = Type.Object(
  { num: Type.Optional(positive), den: Type.Optional(positive) },
  { additionalProperties: false },
)
const shape = {
  register: address,
  type: Type.Optional(literals(MODBUS_TYPES)),
  /** Which word comes first; bytes within a word are always high first. Default big. */
  wordOrder: Type.Optional(literals(['big', 'little'])),
  scale: Type.Optional(scale),
  unit: Type.Optional(Type.String()),
}

export const PointRegister = Type.Object(
  {
    ...shape,
    kind: literals(MODBUS_KINDS),
    /** An enumeration: raw value to word. */
    words: Type.Optional(
      Type.Record(Type.String({ pattern: '^[0-9]+$' }), Type.String(), { additionalProperties: false }),
    ),
    /** Raw values by which the device says that it has none, such as 0x8000. */
    invalid: Type.Optional(Type.Array(Type.Integer())),
    /** What it can be, in the unit's smallest step: anything else is no measurement. */
    plausible: Type.Optional(
      Type.Object({ min: Type.Integer(), max: Type.Integer() }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
)
export const SetpointRegister = Type.Object(
  {
    ...shape,
    kind: Type.Optional(Type.Literal('holding')),
    /** Where the device keeps it. Undeclared is taken as flash and refused for cyclic control. */
    storage: Type.Optional(literals(['RAM', 'flash'])),
    /** An unchanged value is written again this often, ms. */
    refreshMs: Type.Optional(positive),
    /** Smaller changes are not written, in the unit's smallest step. */
    deadband: Type.Optional(Type.Integer({ minimum: 0 })),
    writesPerDay: Type.Optional(positive),
    /** Where the value in force is read; default the register itself. */
    readBack: Type.Optional(
      Type.Object({ register: address, kind: literals(['holding', 'input']) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
)
const PulseRegister = Type.Object(
  {
    register: address,
    kind: Type.Optional(literals(['holding', 'coil'])),
    value: word,
    writesPerDay: Type.Optional(positive),
  },
  { additionalProperties: false },
)
const WatchdogRegister = Type.Object(
  {
    /** A counter: every change feeds the device. */
    register: address,
    /** As for setpoints: what is not declared as RAM is not written each cycle. */
    storage: Type.Optional(literals(['RAM', 'flash'])),
    /** How often the gateway should feed it, ms. */
    periodMs: positive,
    /** After how long without a change the device falls back, ms. */
    timeoutMs: positive,
    /** Written once for each connection, where it does not hold that value yet: arms the device. */
    arm: Type.Optional(Type.Object({ register: address, value: word }, { additionalProperties: false })),
  },
  { additionalProperties: false },
)
export const RegisterMap = Type.Object(
  {
    title: Type.Optional(Type.String()),
    /** Registers that may be read along to join two groups. Default 0: many devices refuse holes. */
    maxGap: Type.Optional(Type.Integer({ minimum: 0, maximum: 124 })),
    maxRegisters: Type.Optional(Type.Integer({ minimum: 4, maximum: 125 })),
    timeoutMs: Type.Optional(positive),
    points: Type.Record(Type.String(), PointRegister),
    setpoints: Type.Optional(Type.Record(Type.String(), SetpointRegister)),
    pulses: Type.Optional(Type.Record(Type.String(), PulseRegister)),
    watchdog: Type.Optional(WatchdogRegister),
  },
  { additionalProperties: false },
)

export type ModbusKind = (typeof MODBUS_KINDS)[number]
export type ModbusType = (typeof MODBUS_TYPES)[number]
export type PointRegister = Static<typeof PointRegister>
export type SetpointRegister = Static<typeof SetpointRegister>
export type RegisterMap = Static<typeof RegisterMap>

/** How many registers a type takes; a bit counts one. */
const SIZES: Readonly<Record<ModbusType, number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  uint64: 4,
}
export const typeOf = (r: { readonly type?: ModbusType | undefined }): ModbusType => r.type ?? 'uint16'
export const sizeOf = (r: { readonly type?: ModbusType | undefined }): number => SIZES[typeOf(r)]
