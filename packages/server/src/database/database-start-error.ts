/** Why the embedded database did not start. */
export type DatabaseStartErrorCode =
  | 'DATA_IN_USE'
  | 'UNSUPPORTED_PLATFORM'
  | 'ROOT_UNREACHABLE'
  | 'PATH_TOO_LONG'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'VERSION_MISMATCH'

/** The embedded database could not be started. `message` is for the operator: it says what to do. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError'
  readonly code: DatabaseStartErrorCode

  constructor(code: DatabaseStartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
