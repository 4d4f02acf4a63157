import { describe, expect, test } from 'vitest'
import { type ActorState, activate, freezeActor, passivate, thawActor } from '../../../actors/kit/host.ts'
import { Dice } from './random-machine.ts'
import { GOOD, LINKED, placeBattery, Story } from './sample.ts'

/** Random days of a battery: whatever may come to it. */
function step(story: Story, dice: Dice): Story {
  const frames = [
    GOOD,
    LINKED,
    { ...LINKED, temperature: 510 },
    { ...GOOD, soc: undefined },
    { ...GOOD, mode: 'local' },
  ]
  const hot = { ...GOOD, temperature: 620 }
  switch (dice.below(8)) {
    case 0:
      return story.send({ type: 'start' })
    case 1:
      return dice.chance(0.3) ? story.send({ type: 'stop' }) : story.send({ type: 'reset' })
    case 2:
      return story.actor.timers.length > 0 ? story.fire() : story
    case 3:
    case 4:
      return story.want(dice.below(3) * 1_000 - 1_000)
    default:
      return story.frame(dice.chance(0.03) ? hot : dice.chance(0.7) ? dice.pick(frames.slice(0, 3)) : dice.pick(frames))
  }
}

describe('an actor that was frozen, or passive, steps as the one that was not (S17)', () => {
  const ways: readonly [string, (actor: ActorState) => ActorState][] = [
    ['frozen', actor => thawActor(placed, JSON.parse(JSON.stringify(freezeActor(actor))))],
    ['passive', actor => activate(placed, passivate(actor))],
  ]
  const placed = placeBattery()
  for (const [way, pass] of ways)
    test(way, () => {
      const seen = new Set<string>()
      for (let seed = 1; seed <= 20; seed++) {
        const live = new Story(placed)
        const other = new Story(placed)
        const [a, b] = [new Dice(seed), new Dice(seed)]
        for (let i = 0; i < 60; i++) {
          other.actor = pass(other.actor)
          step(live, a)
          step(other, b)
          expect(freezeActor(other.actor), `seed ${seed}, step ${i}`).toEqual(freezeActor(live.actor))
          seen.add(JSON.stringify(live.actor.chart.value))
        }
        expect(other.take(), `seed ${seed}`).toEqual(live.take())
      }
      expect(seen.size).toBeGreaterThan(10)
    })

  test('what is frozen is JSON', () => {
    const frozen = freezeActor(Story.running().actor)
    expect(JSON.parse(JSON.stringify(frozen))).toEqual(frozen)
    expect(frozen).toMatchObject({ chart: { status: 'active', context: { starts: 1 }, history: {} }, lost: false })
  })

  test('a held actor stays held', () => {
    const held = { ...new Story().actor, held: { code: 'endless', reason: 'x' } as const }
    expect(activate(placed, passivate(held)).held).toEqual(held.held)
  })
})
