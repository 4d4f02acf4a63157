import type { Done } from '../worker.ts'
export const page = (all: readonly Done[]): string => JSON.stringify(all)
