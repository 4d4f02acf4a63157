import { LogError, type LogErrorCode } from '../event-log.ts'

/** A `LogError` as it crosses threads. */
export interface Fault {
  readonly code: LogErrorCode
  readonly message: string
  readonly earliest?: number
  readonly position?: number
}

export function toError(fault: Fault): LogError {
  return new LogError(fault.code, fault.message, {
    ...(fault.earliest === undefined ? {} : { earliest: fault.earliest }),
    ...(fault.position === undefined ? {} : { position: fault.position }),
  })
}

export function toFault(error: unknown): Fault {
  if (error instanceof LogError) {
    return { code: error.code, message: error.message.slice(error.code.length + 2), ...error.detail }
  }
  const message = textOf(error)
  const kind = kindOf(error)
  if (kind === 'full') return { code: 'LOG_FULL', message }
  if (kind === 'corrupt') return { code: 'LOG_CORRUPT', message }
  if (kind === 'busy') return { code: 'LOG_BUSY', message }
  return { code: 'LOG_FAILED', message }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
/** Two processes met while opening the write-ahead log; as harmless as BUSY. */
const SQLITE_PROTOCOL = 15
const SQLITE_NOTADB = 26
/** What a full disk looks like where the shared-memory file cannot grow. */
const SQLITE_IOERR_SHMSIZE = 4874

/** What an error of SQLite or of the file system permits; `failed` is anything that must not be carried on from. */
export function kindOf(error: unknown): 'busy' | 'full' | 'corrupt' | 'absent' | 'failed' {
  const { errcode, code } = error as { errcode?: number; code?: string }
  if (code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_IOERR_SHMSIZE) return 'full'
  if (code === 'ENOENT') return 'absent'
  switch ((errcode ?? 0) & 255) {
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:
      return 'busy'
    case SQLITE_FULL:
      return 'full'
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return 'corrupt'
    case SQLITE_CANTOPEN:
      return 'absent'
    default:
      return 'failed'
  }
}
