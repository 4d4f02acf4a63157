/** The page: signs in, connects, and shows what the address says. */
import { render } from 'preact'
import { address, followLinks } from './address.ts'
import { connection } from './connection.ts'
import { signedIn, who } from './session.ts'
import { App } from './shell.tsx'
import './chart/fonts.css'
import './style.css'

async function begin(): Promise<void> {
  followLinks()
  const code = location.pathname === '/sign-in' ? location.hash.slice(1) : ''
  if (code !== '') {
    history.replaceState(null, '', '/') // a code is good once: it stays in no history
    await signedIn.by(code).catch(() => signedIn.check())
  } else await signedIn.check()
  render(<App />, document.getElementById('app')!)
}
let connected = false
who.subscribe(now => {
  if (!now || connected) return
  connected = true
  connection.open()
})
address.subscribe(() => {})
void begin()
