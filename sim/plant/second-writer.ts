/** Another controller that believes the device is its own: one write of one register, over a connection of its own. */
import { connect } from 'node:net'

/** Resolves once the device has answered, whatever it said. `opened` learns the connection's name before the write. */
export function writeAsAnother(
  host: string,
  port: number,
  unit: number,
  address: number,
  value: number,
  opened: (source: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      opened(`${socket.localAddress}:${socket.localPort}`)
      const frame = Buffer.from([0, 1, 0, 0, 0, 6, unit, 6, 0, 0, 0, 0])
      frame.writeUInt16BE(address, 8)
      frame.writeUInt16BE(value & 0xffff, 10)
      socket.write(frame)
    })
    socket.once('data', () => socket.destroy())
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}
