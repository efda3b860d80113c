import { BackendError } from '../backend.ts'

/** The end of one exchange: the caller's abort, the time limit or the adapter's `close`, whichever is first. */
export interface Deadline {
  /** For the HTTP exchange. */
  readonly signal: AbortSignal
  /** The error to throw for what went wrong: an abort's reason goes before what it caused on the wire. */
  explain(error: unknown): unknown
  /** Stops the clock and whatever still runs. */
  end(): void
}

/**
 * @param caller the caller's signal, if any
 * @param closing aborted when the adapter closes, with the error to throw
 */
export function startDeadline(options: {
  caller: AbortSignal | undefined
  closing: AbortSignal
  timeoutMs: number
}): Deadline {
  const { caller, closing, timeoutMs } = options
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(timeoutError(timeoutMs)), timeoutMs)
  const sources = caller === undefined ? [closing, limit.signal] : [caller, closing, limit.signal]
  const signal = AbortSignal.any(sources)
  return {
    signal,
    explain: (error) => sources.find((source) => source.aborted)?.reason ?? error,
    end() {
      clearTimeout(timer)
      limit.abort()
    },
  }
}

function timeoutError(timeoutMs: number): BackendError {
  const seconds = Math.round(timeoutMs / 100) / 10
  const message = `The model server did not answer within ${seconds} s: try again later.`
  return new BackendError('backend_timeout', message, { retry: 'same' })
}
