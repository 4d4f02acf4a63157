import { useView } from '../connection.ts'
import { Facts, Section, Showing } from '../parts.tsx'
import { words } from '../words.ts'

export function SequencePage() {
  const shown = useView('facts', { kinds: 'events', max: '200' })
  return (
    <Section title={words.pages.sequence}>
      <Showing shown={shown}>{({ lines }) => <Facts lines={lines} />}</Showing>
    </Section>
  )
}
