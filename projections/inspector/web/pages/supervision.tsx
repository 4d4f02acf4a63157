import { Section } from '../parts.tsx'
import { words } from '../words.ts'

export const SupervisionPage = () => (
  <Section title={words.pages.supervision}>
    <p class="muted">{words.nothingHere}</p>
  </Section>
)
