import type { Ask, Outcome, RunOptions } from './caller.ts'
import { Caller } from './caller.ts'
import type { RunObserver, RunResult, RunWork } from './flight.ts'
import { FlightRun } from './flight.ts'
import type { Axis, LedgerWriter } from './ledger.ts'
import type { Unit } from './unit.ts'
import { identityOf } from './unit.ts'
import type { WaitContext } from './waits-for.ts'

/** What flights need to know. */
export interface FlightsOptions {
  /**
   * What becomes of a run that every caller has left. `abort`: its signal is aborted, and who asks next starts
   * afresh. `finish`: it runs on, and who asks next joins it.
   */
  whenAbandoned: 'abort' | 'finish'
  ledger?: LedgerWriter | undefined
  /** A monotonic clock in milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined
  /** `new AsyncLocalStorage<WaitNode>()`: then work that waits for itself is refused instead of hanging. */
  waitContext?: WaitContext | undefined
}

/** A call in terms of the table: with what `take` makes of the value for this one caller. */
export interface TableAsk<T, R> {
  unit: Unit
  work: RunWork<T>
  options: RunOptions<T>
  take: (value: T) => R
}

/** The runs under way, by unit. `createFlights` and `createMemo` are two faces of it. */
export class FlightTable<T> {
  readonly #options: FlightsOptions
  readonly #onEnd: ((value: T) => void) | undefined
  readonly #now: () => number
  /** The run that a caller of the unit finds: at most one, while it is joinable or marks the unit as released. */
  readonly #listed = new Map<string, FlightRun<T>>()
  /** Every run whose work or `until` has not settled: the listed, the forgotten, the abandoned, the lone ones. */
  readonly #live = new Map<string, Set<FlightRun<T>>>()
  #liveCount = 0

  /** @param onEnd called once for each value made, when no caller can be given it any more */
  constructor(options: FlightsOptions, onEnd?: (value: T) => void) {
    this.#options = options
    this.#onEnd = onEnd
    this.#now = options.now ?? (() => performance.now())
  }

  get inFlight(): number {
    return this.#liveCount
  }

  has(unit: Unit): boolean {
    return this.#listed.has(identityOf(unit))
  }

  // Async only so that what is wrong with the ask rejects; all of it runs before the promise is returned.
  async run<R>({ unit, work, options, take }: TableAsk<T, R>): Promise<Outcome<R>> {
    const { signal, joinTimeoutMs, axis } = options
    if (Number.isNaN(joinTimeoutMs)) throw new RangeError('joinTimeoutMs is not a number')
    signal?.throwIfAborted()
    const identity = identityOf(unit)
    const openRun = (): FlightRun<T> => this.#open(unit, identity, axis ?? 'concurrent')
    const { ledger, waitContext } = this.#options
    const ask: Ask<T, R> = { unit, work, options, take, now: this.#now, ledger, waitContext, openRun }
    const caller = new Caller(ask)
    const found = this.#listed.get(identity)
    if (found === undefined) {
      const run = openRun()
      this.#listed.set(identity, run)
      caller.lead(run)
    } else if (found.released) caller.runAlone()
    else caller.follow(found)
    return caller.promise
  }

  /** Later callers start anew, and nothing made by the runs under way may be kept; who waits keeps their run. */
  forget(unit: Unit): void {
    for (const run of this.#live.get(identityOf(unit)) ?? []) run.forget()
  }

  /** `forget` for every unit. */
  forgetAll(): void {
    for (const runs of this.#live.values()) for (const run of runs) run.forget()
  }

  #open(unit: Unit, identity: string, axis: Axis): FlightRun<T> {
    const observer: RunObserver<T> = {
      now: this.#now,
      unlist: (run) => {
        if (this.#listed.get(identity) === run) this.#listed.delete(identity)
      },
      settled: (_, result, abandoned) => this.#record(unit.kind, axis, result, abandoned),
      ended: (run, result) => {
        this.#close(identity, run)
        if (result.ok) this.#onEnd?.(result.value)
      },
    }
    const run = new FlightRun<T>(observer, this.#options.whenAbandoned)
    const runs = this.#live.get(identity)
    if (runs === undefined) this.#live.set(identity, new Set([run]))
    else runs.add(run)
    this.#liveCount += 1
    return run
  }

  #close(identity: string, run: FlightRun<T>): void {
    const runs = this.#live.get(identity)
    if (runs?.delete(run) !== true) return
    this.#liveCount -= 1
    if (runs.size === 0) this.#live.delete(identity)
  }

  #record(kind: string, axis: Axis, result: RunResult<T>, abandoned: boolean): void {
    this.#options.ledger?.record({ kind, axis, how: 'ran', failed: !result.ok || abandoned, ...result.cost })
  }
}
