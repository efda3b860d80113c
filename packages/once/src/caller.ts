import type { FlightRun, RunResult, RunWork, Waiter } from './flight.ts'
import type { Axis, How, LedgerWriter } from './ledger.ts'
import type { Unit } from './unit.ts'
import type { WaitContext, WaitNode } from './waits-for.ts'

/** How one caller was answered. */
export interface Outcome<T> {
  value: T
  how: How
  /** `ran`: what the run took. `joined`: what this caller waited, from its own ask. `cached`: 0. */
  durationMs: number
}

/** What one caller asks for besides the unit. */
export interface RunOptions<T> {
  /** Aborting it rejects this caller at once with the signal's reason, and nobody else. */
  signal?: AbortSignal | undefined
  /** Wait at most this long for another caller's run, then run alone. Default: for ever. */
  joinTimeoutMs?: number | undefined
  /** Where the ledger counts this ask. Default `concurrent`. */
  axis?: Axis | undefined
  /** Looks at the value of another caller's run (not at one's own); on `false` this caller runs alone. */
  accept?: ((value: T) => boolean) | undefined
}

/** One call of `run`: what it asked, and how to answer it. */
export interface Ask<T, R> {
  unit: Unit
  work: RunWork<T>
  options: RunOptions<T>
  /** Called synchronously at the moment this caller is answered with a value. */
  take: (value: T) => R
  now: () => number
  ledger: LedgerWriter | undefined
  waitContext: WaitContext | undefined
  /** A new run that no other caller can find. */
  openRun: () => FlightRun<T>
}

/** The longest delay that timers know: above it they fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** One caller: starts or joins a run, may leave it or run alone. Its promise settles exactly once. */
export class Caller<T, R> implements Waiter<T> {
  readonly promise: Promise<Outcome<R>>
  readonly #ask: Ask<T, R>
  readonly #askedAtMs: number
  readonly #resolve: (outcome: Outcome<R>) => void
  readonly #reject: (error: unknown) => void
  /** The run whose work is asking, if that is known. */
  readonly #asker: WaitNode | undefined
  #how: How = 'ran'
  #run: FlightRun<T> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #answered = false

  constructor(ask: Ask<T, R>) {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome<R>>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#ask = ask
    this.#askedAtMs = ask.now()
    this.#asker = ask.waitContext?.getStore()
    ask.options.signal?.addEventListener('abort', this.#leave, { once: true })
  }

  /** Starts this caller's own work in a run that nobody has started yet. */
  lead(run: FlightRun<T>): void {
    const { unit, work, waitContext } = this.#ask
    this.#how = 'ran'
    this.#run = run
    this.#asker?.waitFor(run.node, unit.kind)
    // Waits before the work starts: the work may release, or its own caller may leave, synchronously.
    run.join(this)
    if (waitContext === undefined) run.start(work)
    else waitContext.run(run.node, () => run.start(work))
  }

  /** Waits for a run that another caller started. */
  follow(run: FlightRun<T>): void {
    const { unit, options } = this.#ask
    this.#how = 'joined'
    this.#run = run
    if (!run.settled) {
      try {
        this.#asker?.waitFor(run.node, unit.kind)
      } catch (error) {
        return this.#reject(this.#close(error))
      }
      this.#startTimer(options.joinTimeoutMs)
    }
    run.join(this)
  }

  runAlone(): void {
    clearTimeout(this.#timer)
    if (this.#run !== undefined) this.#asker?.stopWaitingFor(this.#run.node)
    this.lead(this.#ask.openRun())
  }

  deliver(result: RunResult<T>): void {
    if (this.#answered) return
    if (!result.ok) {
      this.#reject(this.#close(result.error))
      return this.#recordJoin(result)
    }
    try {
      const accepted = this.#how === 'ran' || (this.#ask.options.accept?.(result.value) ?? true)
      // `accept` is the caller's code: it may have aborted the caller's own signal.
      if (this.#answered) return
      if (!accepted) return this.runAlone()
      const value = this.#ask.take(result.value)
      const durationMs = this.#how === 'ran' ? result.cost.durationMs : this.#ask.now() - this.#askedAtMs
      this.#resolve(this.#close({ value, how: this.#how, durationMs }))
    } catch (error) {
      return this.#reject(this.#close(error))
    }
    this.#recordJoin(result)
  }

  readonly #leave = (): void => {
    const reason: unknown = this.#ask.options.signal?.reason
    const run = this.#run
    this.#reject(this.#close(reason))
    run?.leave(this)
  }

  readonly #stopJoining = (): void => {
    const run = this.#run
    this.runAlone()
    // Last, so that a run which this caller alone still wanted is aborted only once its successor has started.
    run?.leave(this)
  }

  #startTimer(joinTimeoutMs: number | undefined): void {
    if (joinTimeoutMs === undefined || joinTimeoutMs > maxTimerMs) return
    this.#timer = setTimeout(this.#stopJoining, joinTimeoutMs)
  }

  /** Nothing may answer this caller again, and nothing (a long-lived signal, a timer) may hold on to it. */
  #close<A>(answer: A): A {
    this.#answered = true
    clearTimeout(this.#timer)
    this.#ask.options.signal?.removeEventListener('abort', this.#leave)
    if (this.#run !== undefined) this.#asker?.stopWaitingFor(this.#run.node)
    this.#run = undefined
    return answer
  }

  /** A run is recorded once, by its table; who shared it records that it did not have to run. */
  #recordJoin(result: RunResult<T>): void {
    if (this.#how !== 'joined') return
    const { unit, options, ledger } = this.#ask
    ledger?.record({ kind: unit.kind, axis: options.axis ?? 'concurrent', how: 'joined', ...result.cost })
  }
}
