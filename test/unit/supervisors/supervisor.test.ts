import { expect, test } from 'vitest'
import type { Ports } from '../../../protocol/ports.ts'
import { REASON_CHARS_MAX } from '../../../protocol/words/observed.ts'
import type { Child, ChildSpec, Exit, SupervisorSpec } from '../../../supervisors/kit/spec.ts'
import { Supervisor } from '../../../supervisors/kit/supervisor.ts'
import { type World, worldOf } from '../edge/world.ts'

const FAILED: Exit = { kind: 'failed', error: new Error('broke') }

/** Children that say what happens to them. */
class Tree {
  readonly log: string[] = []
  readonly world: World
  readonly exits = new Map<string, (exit: Exit) => void>()
  readonly ports = new Map<string, Ports[]>()
  readonly refused = new Set<string>()
  readonly starting = new Map<string, Promise<void>>()
  readonly stopping = new Map<string, Promise<void>>()
  escalated = ''
  readonly supervisor: Supervisor

  constructor(change: Partial<SupervisorSpec> = {}, world = worldOf()) {
    this.world = world
    const children = ['a', 'b', 'c'].map(id => this.child(id))
    const spec = { id: 'tree', strategy: 'oneForOne', intensity: 3, periodMs: 10_000, children, ...change } as const
    this.supervisor = new Supervisor(spec, world, reason => {
      this.escalated = reason
    })
  }
  child(id: string, change: Partial<ChildSpec> = {}): ChildSpec {
    const start = async (ports: Ports, exit: (exit: Exit) => void): Promise<Child> => {
      this.log.push(`+${id}`)
      this.exits.set(id, exit)
      this.ports.set(id, [...(this.ports.get(id) ?? []), ports])
      await this.starting.get(id)
      if (this.refused.has(id)) throw new Error(`${id} cannot start`)
      return {
        stop: async () => {
          this.log.push(`-${id}`)
          await this.stopping.get(id)
        },
      }
    }
    return { id, restart: 'permanent', stopMs: 200, start, ...change }
  }
  fall(id: string, exit = FAILED): void {
    this.exits.get(id)!(exit)
  }
  /** What happened since the last question, in order. */
  get news(): string {
    return this.log.splice(0).join(' ')
  }
  get up(): string {
    return this.supervisor
      .children()
      .map(c => `${c.id}${c.up ? c.starts : '-'}`)
      .join(' ')
  }
  static async started(change: Partial<SupervisorSpec> = {}): Promise<Tree> {
    const tree = new Tree(change)
    await tree.supervisor.start()
    expect(tree.news).toBe('+a +b +c')
    return tree
  }
}

test('starts in order, stops in reverse', async () => {
  const tree = await Tree.started()
  expect(tree.supervisor.state).toBe('running')
  await tree.supervisor.stop()
  expect(tree.news).toBe('-c -b -a')
  expect(tree.supervisor.state).toBe('stopped')
})

test('a child that does not stop has its deadline; both who ask for the stop are answered', async () => {
  const tree = await Tree.started()
  tree.stopping.set('b', new Promise(() => {}))
  const stops = Promise.all([tree.supervisor.stop(), tree.supervisor.stop()])
  await tree.world.clock.pass(199)
  expect(tree.news).toBe('-c -b')
  await tree.world.clock.pass(1)
  await stops
  expect(tree.news).toBe('-a')
  expect(tree.world.clock.waiting).toBe(0)
})

test.each([
  ['oneForOne', '+b', 'a1 b2 c1'],
  ['restForOne', '-c +b +c', 'a1 b2 c2'],
  ['oneForAll', '-c -a +a +b +c', 'a2 b2 c2'],
] as const)('%s: who goes down with b, and comes back', async (strategy, news, up) => {
  const tree = await Tree.started({ strategy })
  tree.fall('b')
  await tree.world.clock.pass(1_000)
  expect(tree.news).toBe(news)
  expect(tree.up).toBe(up)
  expect(tree.supervisor.state).toBe('running')
})

test.each([
  ['permanent', { kind: 'ended' }, 'a1 b2 c1'],
  ['transient', { kind: 'ended' }, 'a1 b- c1'],
  ['transient', FAILED, 'a1 b2 c1'],
  ['temporary', FAILED, 'a1 b- c1'],
] as const)('%s, %o', async (restart, exit, up) => {
  const tree = new Tree()
  const children = [tree.child('a'), tree.child('b', { restart }), tree.child('c')]
  const supervisor = new Supervisor(
    { id: 't', strategy: 'oneForOne', intensity: 1, periodMs: 1_000, children },
    tree.world,
    () => {},
  )
  await supervisor.start()
  tree.fall('b', exit)
  await tree.world.clock.pass(1_000)
  expect(
    supervisor
      .children()
      .map(c => `${c.id}${c.up ? c.starts : '-'}`)
      .join(' '),
  ).toBe(up)
})

test('who looks on sees itself and its children in start order, why they fell, and what is spent of the restarts', async () => {
  const tree = await Tree.started({ strategy: 'restForOne' })
  const child = (id: string, restarts: number, state = 'up', reason?: string) => {
    const lastExit = reason === undefined ? null : { reason, atMs: tree.world.clock.wall }
    return { path: `tree/${id}`, kind: 'worker', restart: 'permanent', state, restarts, lastExit }
  }
  const own = (state: string, spent: number) => {
    const intensity = { max: 3, withinMs: 10_000, spent }
    return { path: 'tree', kind: 'supervisor', strategy: 'restForOne', state, intensity }
  }
  expect(tree.supervisor.sight()).toEqual({
    charts: [{ path: 'tree', chart: 'supervisor', value: 'running' }],
    tree: [own('running', 0), child('a', 0), child('b', 0), child('c', 0)],
  })
  tree.starting.set('b', new Promise(resolve => tree.world.clock.after(1_000, resolve)))
  tree.fall('b', { kind: 'failed', error: new Error('x'.repeat(1_000)) })
  await tree.world.clock.pass(500)
  const fell = 'x'.repeat(REASON_CHARS_MAX)
  expect(tree.supervisor.sight()).toEqual({
    charts: [{ path: 'tree', chart: 'supervisor', value: 'restarting' }],
    tree: [own('restarting', 1), child('a', 0), child('b', 1, 'starting', fell), child('c', 0, 'down')],
  })
  await tree.world.clock.pass(1_000)
  expect(tree.supervisor.sight().tree.slice(2)).toEqual([child('b', 1, 'up', fell), child('c', 1)])
  await tree.world.clock.pass(10_000)
  expect(tree.supervisor.sight().tree[0]).toEqual(own('running', 0))
})

test('more restarts than the intensity: fails upward and stops everything', async () => {
  const tree = await Tree.started({ intensity: 1 })
  tree.fall('b')
  await tree.world.clock.pass(1_000)
  tree.fall('b')
  await tree.supervisor.stop()
  expect(tree.escalated).toBe('tree: b: broke')
  expect(tree.supervisor.state).toBe('failed')
  expect(tree.up).toBe('a- b- c-')
  expect(tree.news).toBe('+b -c -a')
  await expect(tree.supervisor.add(tree.child('d'))).rejects.toThrow("tree: is failed, takes no child 'd'")
})

test('waits before each restart, longer each time, with the injected jitter', async () => {
  const world = worldOf()
  const tree = new Tree(
    { backoffMs: { first: 100, most: 1_000 } },
    { ...world, random: { ...world.random, u32: () => 0x8000_0000 } },
  )
  await tree.supervisor.start()
  expect(tree.news).toBe('+a +b +c')
  for (const ms of [125, 250]) {
    tree.fall('b')
    await tree.world.clock.pass(ms - 1)
    expect(tree.news).toBe('')
    await tree.world.clock.pass(1)
    expect(tree.news).toBe('+b')
  }
})

test('two that fall at the same time are started once each', async () => {
  const tree = await Tree.started()
  tree.fall('c')
  tree.fall('a')
  await tree.world.clock.pass(2_000)
  expect(tree.news).toBe('+a +c')
  expect(tree.up).toBe('a2 b1 c2')
  expect(tree.supervisor.state).toBe('running')
})

test('one that falls while another is restarted does not take it along', async () => {
  const tree = await Tree.started()
  let up = () => {}
  tree.starting.set('c', new Promise(resolve => (up = resolve)))
  tree.fall('a')
  tree.fall('c')
  await tree.world.clock.pass(500)
  expect(tree.news).toBe('+a +c') // a is up, c is under way
  tree.fall('b')
  up()
  await tree.world.clock.pass(2_000)
  expect(tree.up.startsWith('a2 b2')).toBe(true)
  expect(tree.supervisor.children().every(c => c.up)).toBe(true)
  expect(tree.supervisor.state).toBe('running')
})

test('a child that cannot start is tried again, and keeps nobody else from starting', async () => {
  const tree = new Tree()
  tree.refused.add('a')
  await tree.supervisor.start()
  expect(tree.news).toBe('+a')
  tree.refused.clear()
  await tree.world.clock.pass(1_000)
  expect(tree.news).toBe('+a +b +c')
  expect(tree.up).toBe('a2 b1 c1')
  expect(tree.supervisor.state).toBe('running')
})

test('a child that hangs in its start keeps no other down, and is left to it by those that fall meanwhile', async () => {
  const tree = await Tree.started()
  const hangs = Promise.withResolvers<void>()
  tree.starting.set('a', hangs.promise)
  tree.fall('a')
  tree.fall('b')
  await tree.world.clock.pass(1_000)
  expect([tree.news, tree.up]).toEqual(['+a +b', 'a- b2 c1'])
  tree.fall('c')
  await tree.world.clock.pass(1_000)
  expect([tree.news, tree.up]).toEqual(['+c', 'a- b2 c2'])
  hangs.resolve()
  await tree.world.clock.pass(1_000)
  expect([tree.news, tree.up, tree.supervisor.state]).toEqual(['', 'a2 b2 c2', 'running'])
})

test('a child that falls before its start has ended is stopped by nobody, and started anew', async () => {
  const tree = new Tree()
  let up = () => {}
  tree.starting.set('b', new Promise(resolve => (up = resolve)))
  const start = tree.supervisor.start()
  await tree.world.clock.pass(0)
  tree.fall('b')
  tree.starting.delete('b')
  up()
  await start
  await tree.world.clock.pass(1_000)
  expect(tree.up).toBe('a1 b2 c1')
})

test('a child added later is restarted as the others are; one removed in its pause stays away', async () => {
  const tree = await Tree.started()
  await tree.supervisor.add(tree.child('d'))
  await expect(tree.supervisor.add(tree.child('d'))).rejects.toThrow("tree: child 'd' is there")
  await expect(tree.supervisor.add(tree.child('e', { stopMs: -1 }))).rejects.toThrow('tree: bad stopMs of e: -1')
  tree.fall('d')
  await tree.world.clock.pass(1_000)
  expect(tree.up).toBe('a1 b1 c1 d2')
  tree.fall('d')
  await tree.supervisor.remove('d')
  await tree.world.clock.pass(1_000)
  expect(tree.news).toBe('+d +d')
  expect(tree.up).toBe('a1 b1 c1')
  await tree.supervisor.add(tree.child('f'))
  await tree.supervisor.remove('f')
  expect(tree.news).toBe('+f -f')
})

test('nothing of a former life acts: timers, links, promises, listeners', async () => {
  const tree = await Tree.started()
  const { world } = tree
  const [old] = tree.ports.get('b')!
  const acts: string[] = []
  old!.clock.after(2_000, () => acts.push('timer'))
  await old!.net.listen('here:1', () => ({ message: () => acts.push('message'), closed: () => acts.push('closed') }))
  const caller = await world.net.connect('here:1', { message() {}, closed: () => acts.push('cut') })
  let release = () => {}
  world.disk.slow = new Promise(resolve => (release = resolve))
  const file = await old!.disk.open('file')
  void file.sync().finally(() => acts.push('synced'))
  // asked while it lived, listening only after its death
  const { listen } = world.net
  let late = () => {}
  world.net.listen = async (...args) => {
    await new Promise<void>(resolve => (late = resolve))
    return listen.apply(world.net, args)
  }
  void old!.net.listen('here:2', () => ({ message() {}, closed() {} })).then(() => acts.push('listens'))
  tree.fall('b')
  world.net.listen = listen
  late()
  caller.send('hello')
  release()
  await world.clock.pass(5_000)
  expect(acts).toEqual(['cut'])
  const [, anew] = tree.ports.get('b')!
  expect(anew!.name).toBe('test/b.1')
  for (const address of ['here:1', 'here:2']) await anew!.net.listen(address, () => ({ message() {}, closed() {} }))
  old!.clock.after(0, () => acts.push('new timer'))
  tree.exits.get('b')!(FAILED)
  await world.clock.pass(1_000)
  expect(acts).toEqual(['cut'])
})
