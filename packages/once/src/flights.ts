import type { Outcome, RunOptions } from './caller.ts'
import type { FlightsOptions } from './flight-table.ts'
import { FlightTable } from './flight-table.ts'
import type { Flight, Work } from './flight.ts'
import type { Unit } from './unit.ts'

/** Units under way in this process: whoever asks for one that runs already shares that run. Keeps nothing. */
export interface Flights<T> {
  /**
   * Answers with the unit's value: by running `work`, or by joining the run that another caller started.
   * `work` starts synchronously, at most once, and not at all if the caller joins or its signal is aborted
   * already. Check a caller's rights *before* it calls: a joiner is given another caller's result.
   * @throws what the work threw, to every caller that waits for it; it is not kept, the next caller runs anew
   * @throws the reason of `options.signal` when that aborts, to this caller alone
   * @throws RangeError if `joinTimeoutMs` is not a number
   * @throws FlightDeadlockError with a `waitContext`, if work asks for a unit that waits for that work
   */
  run(
    unit: Unit,
    work: (flight: Flight) => Promise<Work<T>> | Work<T>,
    options?: RunOptions<T>,
  ): Promise<Outcome<T>>
  /** Is there a run that a caller would find now? */
  has(unit: Unit): boolean
  /** Callers from now on start anew. Those who wait keep their run, and its signal is not aborted. */
  forget(unit: Unit): void
  /** Runs whose work, or whose `until`, has not settled, abandoned and lone ones included. */
  readonly inFlight: number
}

/**
 * @example
 * const fetches = createFlights<Bytes>({ whenAbandoned: 'abort' })
 * const { value, how } = await fetches.run(
 *   { kind: 'fetch', key: url, domain: project },
 *   async (flight) => ({ value: await download(url, flight.signal) }),
 *   { signal: request.signal },
 * )
 */
export function createFlights<T>(options: FlightsOptions): Flights<T> {
  const table = new FlightTable<T>(options)
  return {
    run: (unit, work, runOptions = {}) =>
      table.run({ unit, work: (flight) => work(flight), options: runOptions, take: (value) => value }),
    has: (unit) => table.has(unit),
    forget: (unit) => table.forget(unit),
    get inFlight() {
      return table.inFlight
    },
  }
}
