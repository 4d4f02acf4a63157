import { useState } from 'preact/hooks'
import type { Problem } from './connection.ts'
import { ProblemNote } from './parts.tsx'
import { ended, Refused, signedIn } from './session.ts'
import { words } from './words.ts'

export function SignIn() {
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    await signedIn.by(token.trim()).catch(error => {
      if (error instanceof Refused) setProblem(error.problem)
      else throw error
    })
    setBusy(false)
  }
  return (
    <main class="sign-in">
      <h1>{words.product}</h1>
      {ended.value && (
        <p class="notice is-bad" role="alert">
          {words.signIn.over}
        </p>
      )}
      <form onSubmit={submit}>
        <label>
          {words.signIn.token}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            onInput={event => setToken(event.currentTarget.value)}
          />
        </label>
        <p class="muted">{words.signIn.where}</p>
        <button type="submit" disabled={busy}>
          {busy ? words.signIn.busy : words.signIn.go}
        </button>
      </form>
      {problem && <ProblemNote problem={problem} />}
    </main>
  )
}
