/**
 * A child's ports. Closing the scope is the child's death: its timers are cancelled, its links cut, its callbacks
 * dropped, and what it awaits never resolves, so that no `finally` of a dead child runs. The simulator does the same
 * to whole processes.
 */
import type { Cancel, Clock, DiskFile, Link, LinkEvents, Ports } from '../../protocol/ports.ts'

export interface Scope {
  readonly ports: Ports
  readonly open: boolean
  close(): void
}

export function scope(parent: Ports, name: string): Scope {
  let open = true
  const owned = new Set<Cancel>()
  const links = new Set<Link>()
  const guard = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      promise.then(
        value => open && resolve(value),
        error => open && reject(error),
      )
    })
  const never = <T>(): Promise<T> => new Promise(() => {})
  const own = <C extends Cancel>(cancel: C): C => {
    owned.add(cancel)
    return cancel
  }
  const clockOf = (clock: Clock): Clock => ({
    monotonicMs: () => clock.monotonicMs(),
    monotonicUs: () => clock.monotonicUs(),
    wallMs: () => clock.wallMs(),
    after(ms, run) {
      if (!open) return { cancel() {} }
      const timer: Cancel = clock.after(ms, () => {
        owned.delete(timer)
        if (open) run()
      })
      owned.add(timer)
      return {
        cancel() {
          owned.delete(timer)
          timer.cancel()
        },
      }
    },
  })
  const events = (e: LinkEvents, over: () => void = () => {}): LinkEvents => ({
    message: text => {
      if (open) e.message(text)
    },
    closed: reason => {
      over()
      if (open) e.closed(reason)
    },
  })
  const file = (f: DiskFile): DiskFile => ({
    append: bytes => {
      if (open) f.append(bytes)
    },
    sync: () => (open ? guard(f.sync()) : never()),
    read: () => guard(f.read()),
    replace: bytes => (open ? guard(f.replace(bytes)) : never()),
  })
  const ports: Ports = {
    name: `${parent.name}/${name}`,
    clock: clockOf(parent.clock),
    host: clockOf(parent.host),
    random: parent.random.stream(name),
    control: parent.control,
    disk: { open: path => guard(parent.disk.open(path)).then(file) },
    net: {
      listen: async (address, accept) =>
        own(
          await guard(
            parent.net
              .listen(address, link => {
                if (!open) {
                  link.close()
                  return { message() {}, closed() {} }
                }
                links.add(link)
                return events(accept(link), () => links.delete(link))
              })
              .then(listening => {
                if (!open) listening.cancel() // else the address would be taken when the child starts anew
                return listening
              }),
          ),
        ),
      connect: (address, e) =>
        guard(
          parent.net.connect(address, events(e)).then(link => {
            if (open) links.add(link)
            else link.close()
            return link
          }),
        ),
    },
    note: (level, event, detail) => {
      if (open) parent.note(level, event, detail)
    },
  }
  return {
    ports,
    get open() {
      return open
    },
    close() {
      open = false
      for (const cancel of owned) cancel.cancel()
      for (const link of links) link.close()
      owned.clear()
      links.clear()
    },
  }
}
