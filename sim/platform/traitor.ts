/**
 * One arbitrarily faulty node, from outside of the product's code: it holds its own key and its own ports and nothing
 * more. What it sends and what it appends passes through here.
 */
import { canonical } from '../../protocol/codec/canonical.ts'
import type { Signer } from '../../protocol/codec/sign.ts'
import type { NewRecord } from '../../protocol/log/event-log.ts'
import type { Link, LinkEvents, Logs, Ports } from '../../protocol/ports.ts'
import { keyId } from '../../protocol/words/ids.ts'
import { NODES } from '../../supervisors/site/who.ts'
import { draw } from '../world/draw.ts'
import type { Incarnation } from '../world/process.ts'
import type { World } from '../world/world.ts'

const REMEMBERED = 64
/** Positions that a false snapshot leaves out: frames and receipts are among them. */
const UNSEEN = 9

function ports(world: World, life: Incarnation, honest: Ports, signer: Signer): Ports {
  const name = life.process.name
  const heard: string[] = []
  const send = (link: Link, text: string): boolean => {
    if (world.strikes('nudge', name)) link.send('{"t":"nudge"}')
    if (!text.startsWith('{"t":"candidate"')) return link.send(text)
    heard.push(text)
    if (heard.length > REMEMBERED) heard.shift()
    if (world.strikes('mute', name)) return true
    const old = world.strikes('replay', name)
    if (old) link.send(heard[draw(world.seed, old.id, heard.length) % heard.length]!)
    if (world.strikes('equivocate', name)) link.send(changed(text, signer, 1))
    if (world.strikes('impersonate', name))
      for (const other of NODES) link.send(changed(text, { ...signer, key: keyId(other) }, 2))
    const out = world.strikes('wrong', name) ? changed(text, signer, draw(world.seed, 7, world.nowMs)) : text
    const late = world.strikes('late', name)
    if (!late) return link.send(out)
    world.at(world.nowUs + (late.ms ?? 1_000) * 1_000, life, () => void link.send(out))
    return true
  }
  const wrapped = (link: Link): Link => ({
    peer: link.peer,
    send: text => send(link, text),
    close: () => link.close(),
  })
  return {
    ...honest,
    net: {
      listen: (address, accept) => honest.net.listen(address, (link): LinkEvents => accept(wrapped(link))),
      connect: (address, events) => honest.net.connect(address, events).then(wrapped),
    },
  }
}

/** Another decision for the same cycle, signed with the key that this node has, whatever name it gives. */
function changed(text: string, signer: Signer, by: number): string {
  const message = JSON.parse(text)
  const candidate = JSON.parse(message.candidate.bytes)
  for (const asset of Object.values<any>(candidate.actions.assets))
    for (const setpoint of Object.values<any>(asset.setpoints)) {
      const span = setpoint.max - setpoint.min
      setpoint.value = setpoint.min + (span > 0 ? by % (span + 1) : 0)
    }
  const bytes = canonical(candidate)
  return JSON.stringify({
    ...message,
    candidate: { ...message.candidate, by: signer.key, bytes, signature: signer.sign('candidate', bytes) },
  })
}

/** An ingress that says yes and does nothing. */
function logs(world: World, life: Incarnation, honest: Logs, signer: Signer): Logs {
  const { facts, snapshots } = honest
  const { name } = life.process
  return {
    ...honest,
    snapshots: {
      ...snapshots,
      append: batch =>
        snapshots.append(world.strikes('falseSnapshot', name) ? batch.flatMap(r => falsified(r, signer)) : batch),
    },
    facts: {
      ...facts,
      append: batch => (world.strikes('swallow', name) ? Promise.resolve(batch.map(() => 0)) : facts.append(batch)),
    },
  }
}

/** As if all nodes had signed that the site has seen records that it has not. */
function falsified({ body, ...rest }: NewRecord, signer: Signer): NewRecord[] {
  const shared = JSON.parse(body)
  const kept = JSON.parse(shared.bytes)
  const bytes = JSON.stringify({ ...kept, fold: { ...kept.fold, position: kept.fold.position + UNSEEN } })
  const signature = signer.sign('snapshot', bytes)
  return [signer.key, ...NODES].map(by => ({ ...rest, body: JSON.stringify({ ...shared, by, bytes, signature }) }))
}

export const betray = { ports, logs }
