import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunningPlant, runPlant } from '../../sim/plant/process.ts'
import { Folders, home } from './plant-child.ts'

const folders = new Folders()
const plants: RunningPlant[] = []
afterEach(async () => {
  for (const p of plants.splice(0)) await p.stop()
  folders.remove()
})
const run = async (folder: string): Promise<RunningPlant> => {
  const plant = await runPlant(home(folder), { note: () => {} })
  plants.push(plant)
  return plant
}
const stopped = async (plant: RunningPlant) => {
  plants.splice(plants.indexOf(plant), 1)
  await plant.stop()
}

describe('a plant and the clock on the wall', () => {
  it('starts at its own first instant and knows after a restart how long it was away', async () => {
    const folder = folders.make()
    const { startMs } = home(folder)
    const first = await run(folder)
    expect(first.timeAt(1_000_000)).toBe(startMs)
    first.advanceTo(startMs + 2_000)
    await stopped(first)
    const second = await run(folder)
    expect(second.tMs()).toBe(startMs + 2_000)
    expect(second.timeAt(1_005_000)).toBe(startMs + 5_000)
  })

  it('never goes back when the wall clock does', async () => {
    const folder = folders.make()
    const { startMs } = home(folder)
    const plant = await run(folder)
    plant.timeAt(1_000_000)
    plant.advanceTo(startMs + 2_000)
    expect(plant.timeAt(500_000)).toBe(startMs + 2_000)
    plant.advanceTo(startMs)
    expect(plant.tMs()).toBe(startMs + 2_000)
  })
})

describe('the address of a plant', () => {
  it('is another one only where the last one is taken', async () => {
    const folder = folders.make()
    const first = await run(folder)
    const port = Number(first.address.split(':')[1])
    await stopped(first)
    const squatter = createServer()
    await new Promise<void>(resolve => squatter.listen(port, '127.0.0.1', resolve))
    const second = await run(folder)
    await new Promise(resolve => squatter.close(resolve))
    expect(second.address).not.toBe(first.address)
  })

  it.each([
    ['two of a unit', [1, 1], 'PLANT_ASSETS'],
    ['a start between steps', [1, 2], 'PLANT_START'],
  ])('%s is refused', async (_, units, code) => {
    const assets = units.map((unit, i) => ({ name: `load${i}`, type: 'load' as const, unit }))
    const options = { ...home(folders.make()), assets, startMs: code === 'PLANT_START' ? 50 : 0 }
    await expect(runPlant(options, { note: () => {} })).rejects.toThrow(code)
  })
})

describe('the server, against what is no Modbus', () => {
  const sent = async (address: string, bytes: readonly number[]): Promise<string> => {
    const [host, port] = address.split(':')
    return await new Promise(resolve => {
      const socket = connect(Number(port), host, () => socket.write(Buffer.from(bytes)))
      socket.on('data', data => {
        resolve(data.toString('hex'))
        socket.destroy()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve('closed'))
    })
  }
  it.each([
    ['an unknown function', [0, 7, 0, 0, 0, 2, 1, 99], '00070000000301e301'],
    ['too many registers', [0, 7, 0, 0, 0, 6, 1, 3, 0, 0, 0, 126], '000700000003018303'],
    ['no registers', [0, 7, 0, 0, 0, 6, 1, 4, 0, 0, 0, 0], '000700000003018403'],
    ['a count that is not its bytes', [0, 7, 0, 0, 0, 9, 1, 16, 0, 100, 0, 2, 2, 0, 1], '000700000003019003'],
    ['another protocol', [0, 7, 0, 1, 0, 6, 1, 3, 0, 0, 0, 1], 'closed'],
    ['a frame without end', [0, 7, 0, 0, 255, 255, 1, 3], 'closed'],
    ['coils on a device without', [0, 7, 0, 0, 0, 6, 1, 5, 0, 0, 255, 0], '000700000003018502'],
  ])('answers %s as the specification says', async (_, bytes, answer) => {
    const plant = await run(folders.make())
    expect(await sent(plant.address, bytes)).toBe(answer)
  })
})
