import type { Ports } from './ports.ts'

/** Parts of the way from a frame to its read-back, in order. */
export const PARTS = ['appended', 'stepped', 'signed', 'voted', 'intended', 'written', 'readBack'] as const
export type Part = (typeof PARTS)[number]

/** Says when a cycle came to a part of its way; heard only where notes at `debug` are. */
export const trace = (ports: Ports, part: Part | 'emitted', cycle: number): void =>
  ports.note('debug', 'trace', { part, cycle, atUs: ports.host.monotonicUs() })
