import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, quantise } from '../../../edge/drivers/modbus/codec.ts'
import { MODBUS_TYPES, type ModbusType, sizeOf } from '../../../protocol/words/register-map.ts'

const words = (n: number) => fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: n, maxLength: n })
const register = fc.record({
  type: fc.constantFrom<ModbusType>('int16', 'uint16', 'int32', 'uint32', 'uint64'),
  wordOrder: fc.constantFrom('big' as const, 'little' as const),
  // Whole steps or whole parts of a step: what checkRegisterMap allows for a setpoint.
  scale: fc.oneof(
    fc.record({ num: fc.integer({ min: 1, max: 1000 }) }),
    fc.record({ den: fc.integer({ min: 1, max: 1000 }) }),
  ),
})

describe('codec', () => {
  it.each([
    ['uint16', {}, [0xffff], 65_535],
    ['int16', {}, [0xffff], -1],
    ['int16', { scale: { num: 10 } }, [0xfff6], -100],
    ['int32', {}, [0xffff, 0xfffe], -2],
    ['int32', { wordOrder: 'little' }, [0xfffe, 0xffff], -2],
    ['uint32', { scale: { num: 100 } }, [1, 0], 6_553_600],
    ['uint64', { scale: { den: 1000 } }, [0, 0, 0, 1_500], 2],
    ['uint64', { wordOrder: 'little' }, [7, 0, 0, 0], 7],
    ['float32', { scale: { num: 1000 } }, [0x4366, 0x6666], 230_400],
    ['float32', { scale: { num: 1000 }, wordOrder: 'little' }, [0x6666, 0x4366], 230_400],
    ['int16', { scale: { num: 1, den: 2 } }, [0xfffd], -2],
  ] as const)('%s %j %j reads %i', (type, more, raw, value) => {
    expect(decode({ type, ...more }, raw)).toEqual({ kind: 'value', value })
  })

  it.each([
    ['a sentinel as it stands on the wire', { type: 'int16', invalid: [0x8000] }, [0x8000]],
    ['a sentinel as a signed number', { type: 'int16', invalid: [-32768] }, [0x8000]],
    ['a wide sentinel', { type: 'uint32', invalid: [0xffffffff] }, [0xffff, 0xffff]],
    ['NaN', { type: 'float32' }, [0x7fc0, 0]],
    ['infinity', { type: 'float32' }, [0x7f80, 0]],
    ['what cannot be', { type: 'int32', plausible: { min: -20_000, max: 20_000 } }, [0x7fff, 0x7fff]],
    ['a number beyond 2^53', { type: 'uint64' }, [0xffff, 0, 0, 0]],
  ] as const)('%s is invalid, never zero (S24)', (_, r, raw) => {
    expect(decode(r as unknown as Parameters<typeof decode>[0], raw)).toMatchObject({
      kind: 'invalid',
    })
  })

  it.each([
    ['int16', 32_768, 'OUT_OF_RANGE'],
    ['uint16', -1, 'OUT_OF_RANGE'],
    ['uint16', 0.5, 'NOT_INTEGER'],
    ['int32', Number.NaN, 'NOT_INTEGER'],
    ['float32', Number.MAX_SAFE_INTEGER + 1, 'NOT_INTEGER'],
  ] as const)('%s refuses %d with %s', (type, value, code) => {
    const encoded = encode({ type }, value)
    expect(encoded.kind === 'refused' && encoded.reason.startsWith(code)).toBe(true)
  })

  it('decode(encode(x)) = quantise(x): towards zero, less than a step away, the same when done twice', () => {
    fc.assert(
      fc.property(register, fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (r, x) => {
        const encoded = encode(r, x)
        if (encoded.kind === 'refused') return
        const step = 'num' in r.scale ? r.scale.num : 1
        expect(decode(r, encoded.words)).toEqual({ kind: 'value', value: encoded.quantised })
        expect(quantise(r, x)).toBe(encoded.quantised)
        expect(Math.abs(encoded.quantised)).toBeLessThanOrEqual(Math.abs(x))
        expect(Math.abs(x - encoded.quantised)).toBeLessThan(step)
        expect(encoded.quantised * x).toBeGreaterThanOrEqual(0)
        expect(quantise(r, encoded.quantised)).toBe(encoded.quantised)
      }),
      { numRuns: 2_000 },
    )
  })

  it('encode(decode(words)) = words, for every type in both orders', () => {
    for (const type of MODBUS_TYPES)
      fc.assert(
        fc.property(words(sizeOf({ type })), fc.constantFrom('big' as const, 'little' as const), (raw, wordOrder) => {
          const decoded = decode({ type, wordOrder }, raw)
          if (decoded.kind === 'invalid' || type === 'float32') return
          expect(encode({ type, wordOrder }, decoded.value)).toMatchObject({ words: raw })
        }),
      )
  })

  it('a float32 setpoint reads back as it was quantised', () => {
    const r = { type: 'float32' as const, scale: { num: 1000 } }
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), x => {
        const encoded = encode(r, x)
        expect(encoded).toMatchObject({ kind: 'words', quantised: x })
      }),
    )
  })
})
