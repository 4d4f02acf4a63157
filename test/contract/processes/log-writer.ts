import fs from 'node:fs'
import { crc32 } from 'node:zlib'
import { openEmbeddedLog } from '../../../protocol/log/embedded/index.ts'

/**
 * Appends until it is killed, or until told to stop over its channel. Each acknowledgement becomes a line of a file at
 * once, so that what was acknowledged outlives the kill: `<position> <body>`.
 *
 * argv: folder, name, bytes of a segment, outstanding appends, records of a batch at most.
 */
const [dir, name, segmentBytes, outstanding, batchMax] = process.argv.slice(2) as [string, ...string[]]
const log = await openEmbeddedLog({ dir: `${dir}/facts`, topic: 'facts', segmentBytesMax: Number(segmentBytes) })
const acknowledged = fs.openSync(`${dir}/acknowledged-by-${name}`, 'a')
let stopping = false
let count = 0

const told = new Promise<void>(go => {
  process.on('message', message => {
    if (message === 'go') go()
    if (message === 'stop') stopping = true
  })
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
await told

async function append(): Promise<void> {
  while (!stopping) {
    const size = 1 + (count % Number(batchMax))
    const bodies = Array.from({ length: size }, () => {
      const text = `${name}:${process.pid}:${count++}:${'y'.repeat((count * 37) % 700)}`
      return `${text}:${crc32(text)}`
    })
    const positions = await log.append(bodies.map(body => ({ partition: 0, body })))
    fs.writeSync(acknowledged, positions.map((position, i) => `${position} ${bodies[i]}\n`).join(''))
  }
}

await Promise.all(Array.from({ length: Number(outstanding) }, append))
await log.close()
process.disconnect?.()
