import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { turn } from './flights.contract.ts'
import type { Flight, Lease, Memo, Work } from './index.ts'
import { createMemo } from './index.ts'

/** A value that knows what became of it. */
interface Tracked {
  sizeBytes: number
  disposals: number
}

type Event =
  | { do: 'get'; key: number; sizeBytes: number; held: boolean }
  | { do: 'put'; key: number; sizeBytes: number }
  | { do: 'settle' | 'release run' | 'leave' | 'release lease'; pick: number }
  | { do: 'delete'; key: number }

const key = fc.nat({ max: 3 })
const sizeBytes = fc.nat({ max: 6 })
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('get'), key, sizeBytes, held: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('put'), key, sizeBytes }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('settle', 'settle', 'release run', 'leave', 'release lease', 'release lease'),
      pick: fc.nat({ max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
)

const maxBytes = 5

class History {
  readonly values: Tracked[] = []
  readonly leases: Lease<Tracked>[] = []
  readonly runs: { settle: () => void; flight: Flight }[] = []
  readonly leavers: AbortController[] = []
  readonly memo: Memo<Tracked>

  constructor(whenAbandoned: 'abort' | 'finish') {
    this.memo = createMemo<Tracked>({
      whenAbandoned,
      maxBytes,
      sizeOf: (value) => value.sizeBytes,
      dispose: (value) => (value.disposals += 1),
    })
  }

  make(size: number): Tracked {
    const value = { sizeBytes: size, disposals: 0 }
    this.values.push(value)
    return value
  }

  async apply(happened: Event): Promise<void> {
    if (happened.do === 'get') this.get(happened.key, happened.sizeBytes, happened.held)
    else if (happened.do === 'put')
      this.leases.push(this.memo.put(named(happened.key), this.make(happened.sizeBytes)))
    else if (happened.do === 'delete') this.memo.delete(named(happened.key))
    else if (happened.do === 'settle') some(this.runs, happened.pick)?.settle()
    else if (happened.do === 'release run') some(this.runs, happened.pick)?.flight.release()
    else if (happened.do === 'leave') some(this.leavers, happened.pick)?.abort()
    else some(this.leases, happened.pick)?.release()
    await turn()
  }

  get(asked: number, size: number, held: boolean): void {
    const leaver = new AbortController()
    this.leavers.push(leaver)
    const work = (flight: Flight): Promise<Work<Tracked>> => {
      const { promise, resolve } = Promise.withResolvers<Work<Tracked>>()
      let settled = false
      const settle = (): void => {
        if (!settled) resolve({ value: this.make(size) })
        settled = true
      }
      this.runs.push({ settle, flight })
      return promise
    }
    this.memo.get(named(asked), work, { signal: leaver.signal }).then(
      ({ value: lease }) => (held ? this.leases.push(lease) : lease.release()),
      () => undefined,
    )
  }

  kept(asked: number): Tracked | undefined {
    const lease = this.memo.peek(named(asked))
    const value = lease?.value
    lease?.release()
    return value
  }
}

/** Nothing in use was disposed of, nothing twice, and the bound holds for what is not in use. */
function check(history: History): void {
  const { memo, leases, values } = history
  const leased = new Set(leases.filter(isHeld).map((lease) => lease.value))
  for (const value of values) expect(value.disposals).toBeLessThanOrEqual(leased.has(value) ? 0 : 1)
  const kept = [0, 1, 2, 3].flatMap((asked) => history.kept(asked) ?? [])
  expect(memo.count).toBe(kept.length)
  expect(memo.bytes).toBe(sum(kept))
  for (const value of kept) expect(value.disposals).toBe(0)
  const idle = kept.filter((value) => !leased.has(value))
  if (idle.length > 0) expect(memo.bytes).toBeLessThanOrEqual(maxBytes)
  // What the memo does not hold and nobody uses is gone.
  const lost = values.filter((value) => !kept.includes(value) && !leased.has(value))
  for (const value of lost) expect(value.disposals).toBe(1)
}

function named(asked: number) {
  return { kind: 'test', key: String(asked), domain: '' }
}

function some<A>(list: readonly A[], index: number): A | undefined {
  return list[index % Math.max(1, list.length)]
}

function isHeld(lease: Lease<Tracked>): boolean {
  try {
    return lease.value !== undefined
  } catch {
    return false
  }
}

function sum(values: readonly Tracked[]): number {
  return values.reduce((bytes, value) => bytes + value.sizeBytes, 0)
}

test.each(['abort', 'finish'] as const)(
  '%s: whatever happens, each value is disposed of once, and never in use',
  async (whenAbandoned) => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const history = new History(whenAbandoned)
        for (const happened of events) {
          await history.apply(happened)
          check(history)
        }
        for (const run of history.runs) run.settle()
        await turn()
        for (const lease of history.leases) lease.release()
        check(history)
        expect(history.memo.inFlight).toBe(0)
        history.memo.clear()
        expect(history.values.map(({ disposals }) => disposals)).toEqual(history.values.map(() => 1))
        expect(history.memo.bytes).toBe(0)
      }),
      { numRuns: 400 },
    )
  },
)
