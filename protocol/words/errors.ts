/**
 * The one registry of refusals. A code is stable; `fix` says what the caller may do. `protocol/ERRORS.md` is made from
 * it, and a test keeps the two equal.
 */
interface Entry {
  /** HTTP status where the refusal answers a request. */
  readonly status: number
  readonly title: string
  readonly fix: string
}

export const ERRORS = {
  BAD_REQUEST: { status: 400, title: 'The request cannot be read', fix: 'Correct the named field and send it again' },
  UNAUTHENTICATED: { status: 401, title: 'Who asks is not known', fix: 'Send the bearer token of this run' },
  FORBIDDEN: {
    status: 403,
    title: 'The key lacks the role',
    fix: 'Use a key with the named role, or have an administrator grant it in the manifest',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such thing here',
    fix: 'Check the name against the list that the message gives',
  },
  WRONG_HOST: {
    status: 421,
    title: 'The request names a host that this API does not serve',
    fix: 'Use 127.0.0.1 or localhost, as the run shows the address',
  },
  CONTENT_TYPE: { status: 415, title: 'The body is of another type', fix: 'Send the content type that is named' },
  CURSOR_GONE: { status: 410, title: 'What the cursor points at is no longer kept', fix: 'Begin without a cursor' },
  TOO_MANY: { status: 429, title: 'More at once than this node serves', fix: 'Close one, or use another node' },
  TOO_OFTEN: {
    status: 429,
    title: 'More requests than one token may make',
    fix: 'Ask again after the seconds of Retry-After; ask for larger pages, or listen to the live events',
  },
  INTERNAL: {
    status: 500,
    title: 'A fault of this node',
    fix: 'Look into its log; another node may answer',
  },
  TOO_LARGE: { status: 413, title: 'More than this door takes at once', fix: 'Send less at a time' },
  UNAVAILABLE: { status: 503, title: 'Not able to answer now', fix: 'Try again shortly; another node may answer' },
  UNKNOWN_COMMAND: {
    status: 422,
    title: 'The asset has no such command',
    fix: 'Use one of the commands that the message lists',
  },
  BAD_PARAMETER: {
    status: 422,
    title: 'A parameter is missing, unknown or of the wrong unit',
    fix: 'Write it as the message shows',
  },
  OUT_OF_LIMITS: {
    status: 422,
    title: 'The value is outside the limits in force',
    fix: 'Ask for a value within the named limits',
  },
  NOT_NOW: {
    status: 409,
    title: 'The asset does not take this command in its present state',
    fix: 'See which guard said no; bring the asset into the named state first',
  },
  CHANGED: {
    status: 409,
    title: 'What was selected is in another state by now',
    fix: 'Look at what it is now, and select again',
  },
  WRONG_MODE: { status: 409, title: 'The site mode does not allow it', fix: 'Change the mode first' },
  CLOCK_SKEW: {
    status: 422,
    title: 'The command was stamped more than 2 minutes from log time',
    fix: 'Set the clock of the sending machine',
  },
  EXPIRED: {
    status: 422,
    title: 'The command had expired before it was read',
    fix: 'Send it again with a longer --expires',
  },
  DUPLICATE: { status: 409, title: 'A command with this id was already taken', fix: 'Nothing: the first one counts' },
  BAD_SIGNATURE: {
    status: 401,
    title: 'The signature does not fit the bytes and the key in force',
    fix: 'Sign with the key that the manifest names',
  },
  UNKNOWN_KEY: { status: 401, title: 'The manifest in force names no such key', fix: 'Enrol the key by a manifest' },
  BAD_SHAPE: {
    status: 422,
    title: 'The record does not have the shape of its kind',
    fix: 'Compare it with the schema that the message names',
  },
  UNKNOWN_VERSION: {
    status: 422,
    title: 'A version of this kind that this engine does not know',
    fix: 'Upgrade this engine',
  },
  WRONG_SITE: { status: 403, title: 'The record belongs to another tenant or site', fix: 'Send it where it belongs' },
  WRONG_UNIT: {
    status: 422,
    title: 'A point carries another unit than its asset declares',
    fix: 'Correct the register map',
  },
  MANIFEST_VERSION: {
    status: 409,
    title: 'The manifest is not newer than the one in force',
    fix: 'Raise its version and name the one in force as previous',
  },
  MANIFEST_SIGNATURES: {
    status: 403,
    title: 'Too few administrators have signed the manifest',
    fix: 'Collect the missing signatures with `quorate manifest sign`',
  },
  SITE_FILE: { status: 422, title: 'The site file is wrong', fix: 'Correct the named line' },
  CONFIG: {
    status: 422,
    title: 'The configuration of a process is wrong',
    fix: 'Correct the named lines; `quorate config check FILE` shows them all and starts nothing',
  },
  SCENARIO: { status: 422, title: 'The scenario is wrong', fix: 'Correct the named lines' },
  UNKNOWN_ASSET_TYPE: {
    status: 422,
    title: 'No definition has this type',
    fix: 'Use a known type, or name your definition in `definitions`',
  },
  UNKNOWN_STRATEGY_TYPE: {
    status: 422,
    title: 'No strategy has this type',
    fix: 'Use one of the types that the message lists',
  },
  CONTRADICTORY_LIMIT: { status: 422, title: 'Limits that no value can meet', fix: 'Widen one of the named limits' },
  CYCLIC_LIMIT: { status: 422, title: 'Limits that refer to each other', fix: 'Give one of them a value of its own' },
  REGISTER_CONFLICT: {
    status: 422,
    title: 'Two assets write to one register',
    fix: 'Give each asset registers of its own',
  },
  FLASH_CYCLIC: {
    status: 422,
    title: 'A register in flash memory is under cyclic control',
    fix: 'Declare `storage: RAM` if it is, or control another register',
  },
  REGISTER_MAP: { status: 422, title: 'The register map does not fit the asset', fix: 'Correct the named point' },
  TIMER_BELOW_CYCLE: {
    status: 422,
    title: 'A timer that waits for a measurement is shorter than three cycles',
    fix: 'Lengthen it, or shorten the cycle',
  },
  CSV_COLUMN: {
    status: 422,
    title: 'The input file has no such column',
    fix: 'Name one of the columns that the message lists',
  },
  USAGE: { status: 400, title: 'The command line is not understood', fix: 'See --help' },
  NO_RUN: {
    status: 404,
    title: 'No run uses this data folder',
    fix: 'Start one with `quorate run`, or name its folder with --data',
  },
  LOG_ELSEWHERE: {
    status: 409,
    title: 'The log is not in the data folder',
    fix: 'A cluster keeps three copies of it; `quorate log export` writes one more, record by record',
  },
  BACKUP_DAMAGED: {
    status: 409,
    title: 'A backup is not what its list says',
    fix: 'Take another copy of it; nothing was restored',
  },
  RUN_ACTIVE: {
    status: 409,
    title: 'A run already uses this data folder',
    fix: 'Stop it first, or choose another folder with --data',
  },
  FAULTS_OFF: { status: 403, title: 'This run takes no faults', fix: 'Start it with --faults on a simulated plant' },
  LOG_GONE: {
    status: 410,
    title: 'The beginning of the log was trimmed away',
    fix: 'Start at the earliest position that the message names',
  },
  LOG_CORRUPT: {
    status: 500,
    title: 'A record of the log is damaged',
    fix: 'Restore the log from a copy; nothing before the named position is lost',
  },
  LOG_UNREACHABLE: {
    status: 503,
    title: 'No broker of the log answers, or none leads',
    fix: 'Start the brokers, or correct the addresses in `brokers`; most of them must be up',
  },
  LOG_DENIED: {
    status: 401,
    title: 'The brokers do not let this process in',
    fix: 'Mend what the message names: the account, its rights, the certificate, or the version of the brokers',
  },
  LOG_UNSAFE: {
    status: 409,
    title: 'The cluster would lose what it has acknowledged',
    fix: 'Mend each setting that the message lists, or say that it is a toy',
  },
  SKIP_VOID: {
    status: 409,
    title: 'The record cannot be passed: the log shows that it was decided upon, or what follows is judged by it',
    fix: 'Leave it; whoever hangs on a later record hangs on that one',
  },
  OUT_OF_ORDER: {
    status: 409,
    title: 'The records of one producer do not follow each other',
    fix: 'Find out who appended between the named positions; the step has dropped what came too late',
  },
  CONFLICT: {
    status: 409,
    title: 'One producer has said two things under one number',
    fix: 'Treat its key as compromised: enrol another by a manifest',
  },
  CERTIFICATE: {
    status: 409,
    title: 'A certificate does not certify what the log decides',
    fix: 'Compare with `quorate replay`; a write that it covers had no right to be made',
  },
  FILE_EXISTS: {
    status: 409,
    title: 'The file is there already',
    fix: 'Choose another name or folder; nothing is overwritten',
  },
  DATABASE: {
    status: 503,
    title: 'A database of the projections cannot be used',
    fix: 'See its own log; control does not need it, and what is lost of it is made anew from the log',
  },
  ASSET_DEFINITION: {
    status: 422,
    title: 'The definition is refused',
    fix: 'Mend each finding that the message lists',
  },
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof ERRORS

/** An expected refusal that travels as an exception to a door (command line, HTTP, start). Inside, refusals are values. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ErrorCode
  readonly detail: string
  constructor(code: ErrorCode, detail: string) {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
  }
  get fix(): string {
    return ERRORS[this.code].fix
  }
}
