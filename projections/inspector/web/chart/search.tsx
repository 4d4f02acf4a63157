/** Finds a state by part of its name or path; who picks one is taken there, whatever is folded. */
import { useSignal } from '@preact/signals'
import { useId, useRef } from 'preact/hooks'
import { findStates, type StateName } from './find.ts'

export interface SearchProps {
  readonly states: readonly StateName[]
  readonly pick: (id: string) => void
}
export function Search({ states, pick }: SearchProps) {
  const text = useSignal('')
  const at = useSignal(0)
  const list = useId()
  const input = useRef<HTMLInputElement>(null)
  const found = findStates(states, text.value)
  const choose = (state: StateName | undefined): void => {
    if (!state) return
    text.value = ''
    input.current?.blur()
    pick(state.id)
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') at.value = Math.min(found.length - 1, at.value + 1)
    else if (event.key === 'ArrowUp') at.value = Math.max(0, at.value - 1)
    else if (event.key === 'Enter') choose(found[at.value])
    else if (event.key === 'Escape') text.value = ''
    else return
    event.preventDefault()
  }
  const option = (i: number) => `${list}-${i}`
  return (
    <div class="search">
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Find a state"
        aria-autocomplete="list"
        aria-controls={list}
        aria-expanded={found.length > 0}
        aria-activedescendant={found.length > 0 ? option(at.value) : undefined}
        placeholder="Find a state  /"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={event => {
          text.value = event.currentTarget.value
          at.value = 0
        }}
        onKeyDown={key}
      />
      <div class="found-states" id={list} role="listbox" aria-label="States found" hidden={found.length === 0}>
        {found.map((state, i) => (
          <div
            key={state.id}
            id={option(i)}
            role="option"
            tabIndex={-1}
            aria-selected={i === at.value}
            onPointerDown={event => {
              event.preventDefault()
              choose(state)
            }}
          >
            <b>{state.key}</b> <span>{state.parent ?? ''}</span>
          </div>
        ))}
      </div>
      <span class="unseen" role="status">
        {text.value.trim() ? `${found.length} states found` : ''}
      </span>
    </div>
  )
}
