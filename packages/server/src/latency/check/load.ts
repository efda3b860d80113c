import type { Fault, Probe } from './probe.ts'
import type { Sample } from './sample.ts'

/** What a run of requests gave. */
export interface LoadResult {
  samples: Sample[]
  /** How often each reason occurred. */
  faults: Record<string, number>
}

/** How requests follow each other. */
export type Pace =
  /** Each of so many clients sends its next request when it has the answer to the last. */
  | { kind: 'closed'; concurrency: number }
  /** So many a second, whether the answers come or not: what readers do. */
  | { kind: 'open'; ratePerSecond: number }

/** Requests that may be under way in an open loop: beyond it the server is far below the rate, and sockets run out. */
const maxUnderWay = 2000

/**
 * Sends `count` requests. In an open loop each has a due time from the start on, and its latency counts from
 * then: a stall of the server delays all requests that are due while it lasts, and each of them says so. Counting
 * from the moment of sending would leave them out ("coordinated omission", Gil Tene).
 */
export async function runLoad(probe: Pick<Probe, 'ask'>, count: number, pace: Pace): Promise<LoadResult> {
  const result: LoadResult = { samples: [], faults: {} }
  const note = (outcome: Sample | Fault): void => {
    if ('reason' in outcome) result.faults[outcome.reason] = (result.faults[outcome.reason] ?? 0) + 1
    else result.samples.push(outcome)
  }
  if (pace.kind === 'closed') await closedLoop(probe, count, pace.concurrency, note)
  else await openLoop(probe, count, pace.ratePerSecond, note)
  return result
}

async function closedLoop(
  probe: Pick<Probe, 'ask'>,
  count: number,
  concurrency: number,
  note: (outcome: Sample | Fault) => void,
): Promise<void> {
  let sent = 0
  const client = async (): Promise<void> => {
    while (sent < count) {
      sent += 1
      note(await probe.ask(performance.now()))
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, client))
}

async function openLoop(
  probe: Pick<Probe, 'ask'>,
  count: number,
  ratePerSecond: number,
  note: (outcome: Sample | Fault) => void,
): Promise<void> {
  const startedAt = performance.now()
  const underWay = new Set<Promise<void>>()
  for (let index = 0; index < count; index += 1) {
    const dueAtMs = startedAt + (index * 1000) / ratePerSecond
    const early = dueAtMs - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    if (underWay.size >= maxUnderWay) await Promise.race(underWay)
    const asking = probe.ask(dueAtMs).then(note)
    underWay.add(asking)
    void asking.finally(() => underWay.delete(asking))
  }
  await Promise.all(underWay)
}
