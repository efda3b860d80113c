import type { UsageEvent } from '../usage-event.ts'

/** A trace in columns, in the order of time: half a million events are about 20 MB and their distinct names. */
export interface Trace {
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  event(index: number): UsageEvent
  atMs(index: number): number
  /** The number of a key: equal keys of one scope have equal numbers, from 0. */
  keyNumber(index: number): number
  readonly keyCount: number
}

/** Collects events of any order; `finish` sorts them by time, equal times in the order they were added. */
export interface TraceBuilder {
  readonly count: number
  add(event: UsageEvent): void
  finish(): Trace
}

export function createTraceBuilder(): TraceBuilder {
  const names = createNames()
  const pairs = createNames()
  let capacity = 1024
  let count = 0
  let isSorted = true
  let at = new Float64Array(capacity)
  // scope, key, family, session (0 where there is none), and the number of scope and key together
  let columns = [0, 1, 2, 3, 4].map(() => new Int32Array(capacity))
  const grow = (): void => {
    capacity *= 2
    at = copied(at, new Float64Array(capacity))
    columns = columns.map((column) => copied(column, new Int32Array(capacity)))
  }
  return {
    get count() {
      return count
    },
    add({ atMs, key, scope, family, session }) {
      if (count === capacity) grow()
      if (count > 0 && atMs < (at[count - 1] ?? 0)) isSorted = false
      at[count] = atMs
      const [scopeNumber, keyNumber] = [names.numberOf(scope), names.numberOf(key)]
      const values = [
        scopeNumber,
        keyNumber,
        names.numberOf(family),
        session === undefined ? -1 : names.numberOf(session),
        pairs.numberOf(`${scopeNumber} ${keyNumber}`),
      ]
      for (const [index, value] of values.entries()) {
        const column = columns[index]
        if (column !== undefined) column[count] = value
      }
      count++
    },
    finish() {
      const order = isSorted ? undefined : sortedOrder(at.subarray(0, count))
      const rowOf = (index: number): number => order?.[index] ?? index
      const nameAt = (column: number, row: number): string => names.nameOf(columns[column]?.[row] ?? 0)
      const atMs = (index: number): number => at[rowOf(index)] ?? Number.NaN
      return {
        count,
        firstMs: atMs(0),
        lastMs: atMs(count - 1),
        atMs,
        keyCount: pairs.count,
        keyNumber: (index) => columns[4]?.[rowOf(index)] ?? 0,
        event(index) {
          const row = rowOf(index)
          const session = columns[3]?.[row] ?? -1
          return {
            atMs: at[row] ?? Number.NaN,
            scope: nameAt(0, row),
            key: nameAt(1, row),
            family: nameAt(2, row),
            ...(session < 0 ? {} : { session: names.nameOf(session) }),
          }
        },
      }
    },
  }
}

function sortedOrder(at: Float64Array): Int32Array {
  const order = Int32Array.from({ length: at.length }, (_, index) => index)
  return order.toSorted((a, b) => (at[a] ?? 0) - (at[b] ?? 0) || a - b)
}

function copied<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function createNames(): {
  numberOf(name: string): number
  nameOf(number: number): string
  readonly count: number
} {
  const numbers = new Map<string, number>()
  const names: string[] = []
  return {
    numberOf(name) {
      let number = numbers.get(name)
      if (number === undefined) {
        number = names.length
        names.push(name)
        numbers.set(name, number)
      }
      return number
    },
    nameOf: (number) => names[number] ?? '',
    get count() {
      return names.length
    },
  }
}
