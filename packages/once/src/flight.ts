import type { RunCost } from './ledger.ts'
import { WaitNode } from './waits-for.ts'

/** The one run that all callers of a unit share, as its work sees it. */
export interface Flight {
  /** Aborted when every caller has left (`whenAbandoned: 'abort'`). Never tied to a single caller's signal. */
  readonly signal: AbortSignal
  /** How many callers wait for the value now. */
  readonly callers: number
  /**
   * The result turned out not to be shareable. Only the caller that has waited longest (the one that started
   * the run, unless it left) still gets it; every other one, now or later while this run lasts, runs its own
   * work alone, and a memo does not keep it.
   */
  release(): void
}

/** What work returns. */
export interface Work<T> {
  value: T
  /**
   * Callers are answered at once, and the unit stays in flight until this settles: whoever comes until then
   * joins and gets the same value. Whether it fulfils or rejects is the work's own business.
   */
  until?: Promise<unknown> | undefined
  /** What the run moved or made, and what it cost, for the ledger. */
  bytes?: number | undefined
  costUsd?: number | undefined
}

/** Work as a run starts it: with the run itself, so that a memo can see whether the value may be kept. */
export type RunWork<T> = (flight: Flight, run: FlightRun<T>) => Promise<Work<T>> | Work<T>

/** @throws TypeError if work returned its bare value: taken apart, that would answer everybody with `undefined` */
export function checkedWork<T>(made: Work<T>): Work<T> {
  if (typeof made === 'object' && made !== null && 'value' in made) return made
  throw new TypeError('work must return an object with a value: { value, until? }')
}

/** How a run ended. */
export type RunResult<T> = { cost: RunCost } & ({ ok: true; value: T } | { ok: false; error: unknown })

/** A caller, as the run sees it. Each method is called at most once. */
export interface Waiter<T> {
  deliver(result: RunResult<T>): void
  /** The run was released to another caller. */
  runAlone(): void
}

/** What a run tells the table that it belongs to. */
export interface RunObserver<T> {
  now(): number
  /** Callers that come from now on must not find this run. */
  unlist(run: FlightRun<T>): void
  /** The work settled; `abandoned` when nobody was left to want it. Waiters have been told. */
  settled(run: FlightRun<T>, result: RunResult<T>, abandoned: boolean): void
  /** Nothing can come of this run any more: its work and its `until` have settled. */
  ended(run: FlightRun<T>, result: RunResult<T>): void
}

/** One run of one unit's work, and who waits for it. */
export class FlightRun<T> {
  readonly node: WaitNode = new WaitNode()
  readonly flight: Flight
  readonly #observer: RunObserver<T>
  readonly #abortWhenAbandoned: boolean
  readonly #controller = new AbortController()
  /** In the order in which they came: the first is the one for whom the work runs. */
  readonly #waiters = new Set<Waiter<T>>()
  #result: RunResult<T> | undefined
  #released = false
  #forgotten = false

  constructor(observer: RunObserver<T>, whenAbandoned: 'abort' | 'finish') {
    this.#observer = observer
    this.#abortWhenAbandoned = whenAbandoned === 'abort'
    const controller = this.#controller
    const waiters = this.#waiters
    // Closures, not `this`: work may take the members apart.
    this.flight = {
      get signal() {
        return controller.signal
      },
      get callers() {
        return waiters.size
      },
      release: () => this.#release(),
    }
  }

  get released(): boolean {
    return this.#released
  }

  /** May the value be kept for later callers? Not if it was released, forgotten or abandoned meanwhile. */
  get shareable(): boolean {
    return !this.#released && !this.#forgotten && !this.#controller.signal.aborted
  }

  get settled(): boolean {
    return this.#result !== undefined
  }

  /** Starts the work at once. Call exactly once, after the first `join`. */
  start(work: RunWork<T>): void {
    const startedAtMs = this.#observer.now()
    const elapsedMs = (): number => this.#observer.now() - startedAtMs
    // An async function, so that a synchronous throw is a rejection like any other.
    const attempt = async (): Promise<Work<T>> => checkedWork(await work(this.flight, this))
    attempt().then(
      ({ value, until, bytes, costUsd }) =>
        this.#settle({ ok: true, value, cost: { durationMs: elapsedMs(), bytes, costUsd } }, until),
      (error: unknown) => this.#settle({ ok: false, error, cost: { durationMs: elapsedMs() } }, undefined),
    )
  }

  /** Waits for the value; one that is there already is delivered before this returns. */
  join(waiter: Waiter<T>): void {
    if (this.#result === undefined) this.#waiters.add(waiter)
    else waiter.deliver(this.#result)
  }

  /** A caller goes away, unanswered. */
  leave(waiter: Waiter<T>): void {
    this.#waiters.delete(waiter)
    if (this.#waiters.size > 0 || this.#result !== undefined || !this.#abortWhenAbandoned) return
    // First out of the table: who comes now must start afresh, not join a run that is dying.
    this.#observer.unlist(this)
    this.#controller.abort(new DOMException('Every caller of this run has left', 'AbortError'))
  }

  /** Those who wait keep this run; its value must not reach anybody else. */
  forget(): void {
    this.#forgotten = true
    this.#observer.unlist(this)
  }

  #release(): void {
    this.#released = true
    const [, ...others] = this.#waiters
    for (const waiter of others) this.#waiters.delete(waiter)
    for (const waiter of others) waiter.runAlone()
  }

  #settle(result: RunResult<T>, until: Promise<unknown> | undefined): void {
    this.#result = result
    const abandoned = this.#controller.signal.aborted
    // Before anybody is told: who asks again because of an error, or of a value, must find no finished run.
    if (until === undefined) this.#observer.unlist(this)
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.deliver(result)
    this.#observer.settled(this, result, abandoned)
    if (until === undefined) return this.#end(result)
    const end = (): void => this.#end(result)
    Promise.resolve(until).then(end, end)
  }

  #end(result: RunResult<T>): void {
    this.#observer.unlist(this)
    this.#observer.ended(this, result)
  }
}
