/** What became of a command, and how a cycle was decided: who said what, how late, what was written and read back. */
import type { CommandPage as Page } from '../../views/command.ts'
import type { CycleStory } from '../../views/cycle.ts'
import { hrefOf, pageHref } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, Changes, Facts, Section, Showing, short, Table } from '../parts.tsx'
import { words } from '../words.ts'

export function CommandPage({ id }: { id: string }) {
  const shown = useView('command', { id })
  return <Showing shown={shown}>{page => <Story page={page} />}</Showing>
}
export function CyclePage() {
  const shown = useView('cycle')
  return (
    <Showing shown={shown}>
      {story => (story ? <Cycle story={story} /> : <p class="muted">{words.nothingHere}</p>)}
    </Showing>
  )
}

const Story = ({ page: { command, params, steps, cycles, carriedIn } }: { page: Page }) => (
  <>
    <div class="toolbar">
      <h2>
        {command.target} {command.name}{' '}
        {Object.entries(params)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')}
      </h2>
      <p>
        <b class={`life is-${command.state}`}>{command.state}</b> {command.code} {command.reason}
      </p>
      <p class="muted">
        {command.id}, {words.byWhom(command.by)},{' '}
        <a href={pageHref('actor', `command/${command.id}`)}>{words.chart.toLowerCase()}</a>
      </p>
    </div>
    <Section title={words.facts}>
      <Facts lines={steps} />
    </Section>
    <p class="muted">{words.rodeIn(carriedIn, cycles.length)}</p>
    {cycles.map(story => (
      <Cycle key={story.position} story={story} />
    ))}
  </>
)

const WRONG: readonly string[] = ['differs', 'notSigned', 'malformed']

export const Cycle = ({ story }: { story: CycleStory }) => (
  <Section title={`${words.pages.cycle} ${story.cycle}`}>
    <p>
      <a href={hrefOf({ at: story.position })}>
        {words.position} {story.position}
      </a>
      , {words.digest.toLowerCase()} <code>{short(story.digest)}</code>.{' '}
      {story.verdict ? (
        <>
          {words.verdict}: <b>{story.verdict.source}</b>,{' '}
          {words.signedBy(story.verdict.signed.join(', ') || words.none)}
          {story.verdict.latencyUs !== null && words.readBackAfter((story.verdict.latencyUs / 1_000).toFixed(1))}.
        </>
      ) : (
        words.noVerdict
      )}
    </p>
    <Table heads={[words.replica, words.says, words.digest, words.lateBy, words.differences]}>
      {story.votes.map(vote => (
        <tr key={vote.by} class={WRONG.includes(vote.says) ? 'is-dissent' : ''}>
          <th scope="row">{vote.by}</th>
          <td>
            {WRONG.includes(vote.says) ? (
              <Badge kind="alarm">{words.replicaSays[vote.says]}</Badge>
            ) : (
              words.replicaSays[vote.says]
            )}
            {!vote.counted && story.verdict && vote.says === 'agrees' && <span class="muted"> {words.tooLate}</span>}
          </td>
          <td>
            <code>{short(vote.digest)}</code>
          </td>
          <td class="number">{vote.lateMs === null ? '--' : `${vote.lateMs} ms`}</td>
          <td>{vote.differences.length > 0 && <Changes changes={vote.differences} none="" />}</td>
        </tr>
      ))}
    </Table>
    <Actions story={story} />
  </Section>
)

const Actions = ({ story }: { story: CycleStory }) => (
  <Table heads={[words.setpoint, words.decided, words.written, words.readBack, words.outcome, words.why]}>
    {story.rows.map(row => (
      <tr key={row.name}>
        <th scope="row">{row.name}</th>
        <td class="number">{row.set || words.pulse}</td>
        <td class="number">{row.written ?? '--'}</td>
        <td class="number">{row.readBack ?? '--'}</td>
        <td>
          {row.outcome ? <b class={`outcome is-${row.outcome}`}>{row.outcome}</b> : words.noNewWrite} {row.reason}
        </td>
        <td>
          {row.why}
          {row.boundBy && ` (${words.because} ${row.boundBy})`}
        </td>
      </tr>
    ))}
  </Table>
)
