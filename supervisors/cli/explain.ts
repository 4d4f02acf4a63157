/** `quorate explain SITE`: why a cycle went as it did, or a command. */
import { Refusal } from '../../protocol/words/errors.ts'
import { commandStory, storyInWords } from '../records/command-story.ts'
import { explain as explainCycle } from '../records/explain.ts'
import { inWords } from '../records/explain-words.ts'
import { lengthOf } from '../records/sweep.ts'
import { definitionOption, Folder, foldOptions, progressOn, wholeNumber } from './folder.ts'
import { dataOption, jsonOption } from './options.ts'
import { endWithReader } from './pour.ts'
import type { Verb } from './verb.ts'

export const explain: Verb = {
  name: 'explain',
  text: 'Says in words how a cycle was decided, written and read back, or what became of a command',
  arguments: 'SITE',
  options: {
    data: dataOption,
    cycle: { type: 'string', value: 'N', text: 'Of this cycle (the newest decided)' },
    command: { type: 'string', value: 'ID', text: 'Of this command: its way, or which guard said no' },
    definition: definitionOption,
    json: jsonOption,
  },
  async run(call) {
    const [site, ...rest] = call.positionals
    if (site === undefined || rest.length > 0)
      throw new Refusal('USAGE', 'explain: name one site, e.g. `quorate explain home`')
    const folder = new Folder(call)
    endWithReader()
    try {
      if (site !== folder.manifest.site)
        throw new Refusal('NOT_FOUND', `no site '${site}' in ${folder.dir}; sites: ${folder.manifest.site}`)
      const facts = await folder.log('facts')
      const { fold } = await foldOptions({ manifest: folder.manifest, facts }, call)
      const progress = progressOn(await lengthOf(facts, folder.partition))('explain')
      const say = (kind: string, value: object, words: () => string[]) =>
        call.flag('json') ? call.say(JSON.stringify({ kind, ...value })) : words().forEach(line => void call.say(line))
      const command = call.text('command')
      if (command !== undefined) {
        const story = await commandStory(facts, folder.partition, fold, command, progress)
        say('command', story, () => storyInWords(story))
        return 0
      }
      const cycle = wholeNumber(call, 'cycle')
      const decisions = folder.has('decisions') ? await folder.log('decisions') : null
      const told = await explainCycle({
        facts,
        decisions,
        partition: folder.partition,
        fold,
        progress,
        ...(cycle !== undefined && { cycle }),
      })
      say('explained', told.explained, () => inWords(told.explained, told.fold))
      return 0
    } finally {
      await folder.close()
    }
  },
}
