/** The life of a command that was just sent, until its end. */
import { useView } from '../connection.ts'
import { Facts, Section, Showing } from '../parts.tsx'
import { words } from '../words.ts'

/** It is in the log, and here a moment later: until then there is no such command. */
export function Life({ id, open }: { id: string; open: () => void }) {
  const shown = useView('site')
  return (
    <Section title={words.pages.command}>
      <Showing shown={shown}>
        {({ commands }) => {
          const command = commands.find(each => each.id === id)
          return (
            <p role="status">
              <b class={`life is-${command?.state ?? 'sent'}`}>{command?.state ?? words.sent}</b> {command?.code}{' '}
              {command?.reason}
            </p>
          )
        }}
      </Showing>
      <Story id={id} />
      <button type="button" onClick={open}>
        {words.pages.command}
      </button>
    </Section>
  )
}
function Story({ id }: { id: string }) {
  const shown = useView('command', { id })
  return shown.kind === 'shown' ? <Facts lines={shown.value.steps} /> : null
}
