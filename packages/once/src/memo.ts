import type { Outcome, RunOptions } from './caller.ts'
import type { FlightsOptions } from './flight-table.ts'
import { FlightTable } from './flight-table.ts'
import type { Flight, RunWork, Work } from './flight.ts'
import { checkedWork } from './flight.ts'
import type { Cell, Lease } from './lease.ts'
import { Shelf } from './shelf.ts'
import type { Unit } from './unit.ts'
import { identityOf } from './unit.ts'

/** How a memo keeps values. */
export interface MemoOptions<T> extends FlightsOptions {
  /**
   * Values that nobody uses are evicted beyond this. Values in use are never evicted, so the memo holds at most
   * this much, or what is in use if that is more. A value larger than this alone is passed on and not kept.
   */
  maxBytes: number
  /** What a value counts as, asked once per value: finite, 0 or more. If it throws, so does the ask. */
  sizeOf: (value: T) => number
  /** Called exactly once for each value the memo was given, when nobody can use it any more. Must not throw. */
  dispose?: ((value: T) => void) | undefined
}

/** Flights that keep what they made, within bounds. Every answer is a lease: release it, or use `using`. */
export interface Memo<T> {
  /**
   * As `Flights.run`, but a kept value answers first (`cached`, by default on the axis `time`). `accept` looks at
   * kept values too: one that is refused is left, and replaced by what the work makes.
   */
  get(
    unit: Unit,
    work: (flight: Flight) => Promise<Work<T>> | Work<T>,
    options?: RunOptions<T>,
  ): Promise<Outcome<Lease<T>>>
  /** The kept value, if there is one. Runs nothing, joins nothing, counts nothing. */
  peek(unit: Unit): Lease<T> | undefined
  /** Hands over a value that was made elsewhere; it replaces a kept one. The memo disposes of it from now on. */
  put(unit: Unit, value: T): Lease<T>
  /**
   * Drops the kept value, and lets nothing that is being made now be kept. Those who hold or wait for a value
   * still get it; who asks next runs anew. Returns whether a value was kept.
   */
  delete(unit: Unit): boolean
  /** `delete` for every unit. */
  clear(): void
  /** Kept values and their bytes. */
  readonly count: number
  readonly bytes: number
  /** As `Flights.inFlight`. */
  readonly inFlight: number
}

/**
 * @example
 * const pixels = createMemo<Bitmap>({ whenAbandoned: 'finish', maxBytes: 256e6, sizeOf: (b) => b.data.length })
 * const { value: lease } = await pixels.get(unit, async () => ({ value: await decode(bytes) }))
 * using bitmap = lease
 * draw(bitmap.value)
 * @throws RangeError if `maxBytes` is not a number from 0
 */
export function createMemo<T>(options: MemoOptions<T>): Memo<T> {
  const shelf = new Shelf<T>(options.maxBytes, options.dispose)
  const table = new FlightTable<Cell<T>>(options, (cell) => cell.unpin())
  return {
    get: async (unit, work, runOptions = {}) => {
      runOptions.signal?.throwIfAborted()
      const { axis, accept } = runOptions
      const kept = shelf.find(identityOf(unit))
      if (kept !== undefined && (accept?.(kept.made.value) ?? true)) {
        shelf.touch(kept)
        options.ledger?.record({ kind: unit.kind, axis: axis ?? 'time', how: 'cached', ...kept.made.cost })
        return { value: kept.lease(), how: 'cached', durationMs: 0 }
      }
      return table.run({
        unit,
        work: keepResult(options, shelf, identityOf(unit), work),
        options: { ...runOptions, accept: accept && ((cell) => accept(cell.made.value)) },
        // The lease is taken in the moment of the answer: a promise later the value might be gone.
        take: (cell) => cell.lease(),
      })
    },
    peek: (unit) => shelf.find(identityOf(unit))?.lease(),
    put: (unit, value) => putValue(options, shelf, identityOf(unit), value),
    delete: (unit) => {
      table.forget(unit)
      return shelf.drop(identityOf(unit))
    },
    clear: () => {
      table.forgetAll()
      shelf.dropAll()
    },
    get count() {
      return shelf.count
    },
    get bytes() {
      return shelf.bytes
    },
    get inFlight() {
      return table.inFlight
    },
  }
}

/** Work whose value is pinned until its flight has ended, and kept if it may be shared. */
function keepResult<T>(
  options: MemoOptions<T>,
  shelf: Shelf<T>,
  identity: string,
  work: (flight: Flight) => Promise<Work<T>> | Work<T>,
): RunWork<Cell<T>> {
  const now = options.now ?? (() => performance.now())
  return async (flight, run) => {
    const startedAtMs = now()
    let cell: Cell<T> | undefined
    const made = checkedWork(await work(onRelease(flight, () => cell && shelf.release(cell))))
    const { value, until, costUsd } = made
    const sizeBytes = sizeOrDispose(options, value)
    const cost = { durationMs: now() - startedAtMs, bytes: made.bytes ?? sizeBytes, costUsd }
    cell = shelf.hold({ identity, value, sizeBytes, cost })
    if (run.shareable) shelf.keep(cell)
    return { value: cell, until, bytes: cost.bytes, costUsd }
  }
}

/** A flight that may still be released after its value was kept, while its `until` runs. */
function onRelease(flight: Flight, released: () => void): Flight {
  return {
    get signal() {
      return flight.signal
    },
    get callers() {
      return flight.callers
    },
    release: () => {
      flight.release()
      released()
    },
  }
}

function putValue<T>(options: MemoOptions<T>, shelf: Shelf<T>, identity: string, value: T): Lease<T> {
  const sizeBytes = sizeInBytes(options, value)
  const cell = shelf.hold({ identity, value, sizeBytes, cost: { durationMs: 0, bytes: sizeBytes } })
  const lease = cell.lease()
  shelf.keep(cell)
  cell.unpin()
  return lease
}

/** @throws RangeError if it is not a number from 0: a NaN would switch the bound off for good */
function sizeInBytes<T>(options: MemoOptions<T>, value: T): number {
  const sizeBytes = options.sizeOf(value)
  if (Number.isFinite(sizeBytes) && sizeBytes >= 0) return sizeBytes
  throw new RangeError(`sizeOf gave ${sizeBytes}, not a finite number from 0`)
}

/** The work's value has no owner yet: if it cannot be kept count of, it would never be disposed of. */
function sizeOrDispose<T>(options: MemoOptions<T>, value: T): number {
  try {
    return sizeInBytes(options, value)
  } catch (error) {
    options.dispose?.(value)
    throw error
  }
}
