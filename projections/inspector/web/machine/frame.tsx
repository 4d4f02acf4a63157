/** The frame that an asset's guards read: points, what is wanted, settings, each in its unit. */
import type { Frame, FrameInput } from '../../machine/words.ts'

const TITLES = { points: 'Points', wanted: 'Wanted', settings: 'Settings' } as const

export interface FrameFormProps {
  readonly frame: Frame
  readonly write: (input: Omit<FrameInput, 'unit'>) => void
}
export function FrameForm({ frame, write }: FrameFormProps) {
  const groups = (['points', 'wanted', 'settings'] as const)
    .map(group => ({ group, inputs: frame.inputs.filter(input => input.group === group) }))
    .filter(({ inputs }) => inputs.length > 0)
  return (
    <section aria-labelledby="frame">
      <h2 id="frame">Frame</h2>
      {frame.problem && <p role="alert">{frame.problem}</p>}
      {groups.map(({ group, inputs }) => (
        <fieldset key={group}>
          <legend>{TITLES[group]}</legend>
          {inputs.map(({ name, unit, text }) => (
            <label class="value" key={name}>
              <span>{name}</span>
              <input
                value={text}
                placeholder={unit}
                spellcheck={false}
                onChange={event => write({ group, name, text: event.currentTarget.value })}
              />
            </label>
          ))}
        </fieldset>
      ))}
    </section>
  )
}
