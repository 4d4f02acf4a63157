/** `quorate inspect FILE`: a machine drawn, run and followed while its file is written. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { serveMachine } from '../../projections/inspector/machine/server.ts'
import { Refusal } from '../../protocol/words/errors.ts'
import { only } from './asset.ts'
import type { Verb } from './verb.ts'

export const inspect: Verb = {
  name: 'inspect',
  text: 'Draws and runs the statechart of a file in the browser, and follows its edits: XState machines and assets',
  arguments: 'FILE',
  options: {
    export: { type: 'string', value: 'NAME', text: 'Which machine, where the file exports several' },
    port: { type: 'string', value: 'N', default: '0', text: 'On 127.0.0.1; 0 takes any' },
  },
  stays: true,
  async run(call) {
    const file = resolve(only(call, 'FILE'))
    const port = Number(call.text('port'))
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Refusal('USAGE', '--port takes 0 to 65535')
    if (!existsSync(file)) throw new Refusal('NOT_FOUND', `there is no file ${file}`)
    const exportName = call.text('export')
    const options = { file, port, say: call.say, ...(exportName !== undefined && { exportName }) }
    const door = await serveMachine(options).catch(error => {
      if (error.code !== 'EADDRINUSE') throw error
      throw new Refusal('USAGE', `--port ${port} is taken; choose another, or 0 for any`)
    })
    call.say(`http://${door.address}/ shows ${file}; it is read again whenever it is saved. Ctrl-C ends it`)
    await new Promise<void>(ended => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended())
      process.once('disconnect', () => ended())
    })
    await door.close()
    return 0
  },
}
