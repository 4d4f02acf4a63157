/** Who of the three said what, cycle after cycle, and by which path one differs. */
import type { ReplicasPage as Page, ReplicaRow } from '../../views/replicas.ts'
import { hrefOf } from '../address.ts'
import { useView } from '../connection.ts'
import { Badge, Changes, Section, Showing, short } from '../parts.tsx'
import { words } from '../words.ts'

export function ReplicasPage() {
  const shown = useView('replicas')
  return <Showing shown={shown}>{page => <Whole page={page} />}</Showing>
}
const Whole = ({ page }: { page: Page }) => (
  <>
    <Section title={`${words.pages.replicas}, ${words.pages.cycle.toLowerCase()} ${page.cycle ?? '--'}`}>
      <div class="replicas">
        {page.rows.map(row => (
          <Replica key={row.by} row={row} digest={page.digest} />
        ))}
      </div>
      <p>
        {page.firstDivergent === null ? (
          words.noDivergence
        ) : (
          <>
            {words.firstDivergent} <a href={hrefOf({ at: page.firstDivergent })}>{page.firstDivergent}</a>{' '}
            <span class="muted">
              {page.responsible?.kind} {page.responsible?.text}
            </span>
          </>
        )}
      </p>
    </Section>
    <Section title={words.agreement}>
      <div class="scroll">
        <table class="agreement">
          <thead>
            <tr>
              <th scope="col">{words.replica}</th>
              {page.history.map(({ cycle, position }) => (
                <th scope="col" key={position}>
                  <a href={hrefOf({ at: position })}>{cycle}</a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {page.rows.map(({ by }) => (
              <tr key={by}>
                <th scope="row">{by}</th>
                {page.history.map(({ position, says }) => (
                  <td key={position} class={`said is-${says[by]}`} title={words.replicaSays[says[by] ?? 'silent']}>
                    <span aria-hidden="true">{MARKS[says[by] ?? 'silent']}</span>
                    <span class="unseen">{words.replicaSays[says[by] ?? 'silent']}</span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  </>
)
const WRONG: readonly ReplicaRow['says'][] = ['differs', 'notSigned', 'malformed']
const MARKS: Readonly<Record<ReplicaRow['says'], string>> = {
  agrees: '=',
  differs: '≠',
  silent: '·',
  notSigned: '✕',
  malformed: '✕',
  otherEngine: '≈',
}
const Replica = ({ row, digest }: { row: ReplicaRow; digest: string | null }) => (
  <article class={`replica is-${row.says}`} aria-label={row.by}>
    <h3>
      {row.by}{' '}
      {WRONG.includes(row.says) ? (
        <Badge kind="alarm">{words.replicaSays[row.says]}</Badge>
      ) : (
        <span class="muted">{words.replicaSays[row.says]}</span>
      )}
      {row.disqualified && <Badge kind="alarm">{words.disqualified}</Badge>}
    </h3>
    <dl>
      <div>
        <dt>{words.digest}</dt>
        <dd>
          <code>{short(row.digest)}</code> {row.digest !== null && row.digest !== digest && '≠'}
        </dd>
      </div>
      <div>
        <dt>{words.stateHash}</dt>
        <dd>
          <code>{short(row.stateHash?.stateHash ?? null)}</code>
          {row.stateHash && <span class="muted"> {words.atPosition(row.stateHash.position)}</span>}
        </dd>
      </div>
    </dl>
    {row.differences.length > 0 && <Changes changes={row.differences} none="" />}
  </article>
)
