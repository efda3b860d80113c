import type { Selectable } from 'kysely'
import type { GenerationsTable, StoredTimings } from '../../database/schema.ts'
import type { EventFact, Explanation, ProcessNames, Span } from './span.ts'
import { hundredths, spanBetween } from './span.ts'

/** The columns of a generation that its waterfall is made of. */
export type ExplainedGeneration = Pick<
  Selectable<GenerationsTable>,
  | 'status'
  | 'attempt'
  | 'timings'
  | 'bytes'
  | 'cost_usd'
  | 'gpu_seconds'
  | 'worker_id'
  | 'error_code'
  | 'priority'
  | 'queued_at'
  | 'started_at'
  | 'settled_at'
>

export interface GenerationFacts {
  id: string
  status: string
  createdAt: Date
  /** In the order of the request's pictures, each with its events. */
  pictures: readonly { row: ExplainedGeneration; events: readonly EventFact[] }[]
  processes: ProcessNames
  nowMs: number
}

/** The waterfall of a request: for each picture what was waited for, what ran, and what was there. */
export function explainGeneration(facts: GenerationFacts): Explanation {
  const createdMs = facts.createdAt.getTime()
  const spans = facts.pictures.flatMap((picture, index) => {
    const own = explainPicture(picture.row, picture.events, createdMs, facts)
    if (facts.pictures.length === 1) return own
    return own.map((span) => ({ ...span, name: `picture ${index + 1}: ${span.name}` }))
  })
  const ends = facts.pictures.map(({ row }) => row.settled_at?.getTime() ?? facts.nowMs)
  return {
    id: facts.id,
    status: facts.status,
    createdAt: facts.createdAt.toISOString(),
    totalMs: hundredths(Math.max(0, ...ends.map((end) => end - createdMs))),
    spans,
  }
}

/** Also of the picture that a carousel is made of. */
export function explainPicture(
  row: ExplainedGeneration,
  events: readonly EventFact[],
  createdMs: number,
  { processes, nowMs }: Pick<GenerationFacts, 'processes' | 'nowMs'>,
): Span[] {
  const process = row.worker_id === null ? null : (processes.get(row.worker_id) ?? null)
  if (row.status === 'stored' && row.settled_at !== null && row.settled_at.getTime() <= createdMs) {
    return [cachedPicture(row, process)]
  }
  const how = row.queued_at.getTime() < createdMs - joinToleranceMs ? 'joined' : 'ran'
  const spans: Span[] = []
  let waitsSinceMs = row.queued_at.getTime()
  let runsSinceMs: number | undefined
  for (const { type, data, at } of eventsOfAttempt(row, events)) {
    if (type === 'loading' || type === 'started') runsSinceMs ??= at.getTime()
    if (type !== 'queued' || runsSinceMs === undefined) continue
    spans.push(waited(createdMs, waitsSinceMs, runsSinceMs))
    const code = data['code']
    const detail = typeof code === 'string' ? `ended with ${code}` : 'handed back, or its process died'
    const ran = spanBetween(createdMs, runsSinceMs, at.getTime())
    spans.push({ name: 'run', kind: 'generation', how, ...ran, process: null, detail })
    waitsSinceMs = at.getTime()
    runsSinceMs = undefined
  }
  const startedMs = row.started_at?.getTime()
  const isWaiting = row.status === 'queued' || startedMs === undefined
  const waitEndMs = isWaiting ? (row.settled_at?.getTime() ?? nowMs) : startedMs
  spans.push(waited(createdMs, waitsSinceMs, waitEndMs))
  if (isWaiting) return spans
  if (row.status === 'stored') return [...spans, ...stagesOf(row, startedMs, createdMs, how, process)]
  const ran = spanBetween(createdMs, startedMs, row.settled_at?.getTime() ?? nowMs)
  const detail = row.status === 'failed' ? `ended with ${row.error_code}` : row.status
  return [...spans, { name: 'run', kind: 'generation', how, ...ran, process, detail }]
}

/** A request and the generation that it begins are written in one transaction, by two clocks. */
const joinToleranceMs = 1000

function cachedPicture(row: ExplainedGeneration, process: string | null): Span {
  const made = row.priority === 'speculative' ? 'made ahead' : 'made'
  return {
    name: 'picture',
    kind: 'generation',
    how: 'cached',
    startMs: 0,
    durationMs: 0,
    process,
    detail: `${made} ${row.settled_at?.toISOString() ?? ''}`.trim(),
    ...(row.bytes === null ? {} : { bytes: row.bytes }),
    savedMs: hundredths(workMs(row.timings)),
  }
}

/** What happened since the present attempt was queued. */
function eventsOfAttempt(row: ExplainedGeneration, events: readonly EventFact[]): readonly EventFact[] {
  const first = events.findLastIndex(({ type, data }) => type === 'queued' && data['attempt'] === row.attempt)
  return first === -1 ? events : events.slice(first)
}

function waited(createdMs: number, fromMs: number, toMs: number): Span {
  return {
    name: 'queue',
    kind: 'queue',
    how: 'waited',
    ...spanBetween(createdMs, fromMs, toMs),
    process: null,
  }
}

/** The stages of the run that succeeded, one after the other from when its worker took it. */
function stagesOf(
  row: ExplainedGeneration,
  startedMs: number,
  createdMs: number,
  how: 'ran' | 'joined',
  process: string | null,
): Span[] {
  const { loadMs, generateMs, verifyMs, storeMs } = row.timings
  const stages: [name: string, kind: string, durationMs: number | undefined][] = [
    // A model that was there already is no bar.
    ['warm', 'warm', loadMs === 0 ? undefined : loadMs],
    ['generate', 'generation', generateMs],
    ['encode', 'encode', verifyMs],
    ['store', 'object.write', storeMs],
  ]
  const spans: Span[] = []
  let atMs = startedMs
  for (const [name, kind, durationMs] of stages) {
    if (durationMs === undefined) continue
    const between = spanBetween(createdMs, atMs, atMs + durationMs)
    const bytes = name === 'store' && row.bytes !== null ? { bytes: row.bytes } : {}
    const cost = name === 'generate' ? costOf(row) : undefined
    const detail = cost === undefined ? {} : { detail: cost }
    spans.push({ name, kind, how, ...between, process, ...detail, ...bytes })
    atMs += durationMs
  }
  return spans
}

/** What the run cost, as far as it is known: `1.25 GPU seconds, 0.0005 USD`. */
function costOf({ cost_usd: usd, gpu_seconds: seconds }: ExplainedGeneration): string | undefined {
  const gpu = seconds === null ? [] : [`${hundredths(seconds)} GPU seconds`]
  const money = usd === null ? [] : [`${Number(usd.toPrecision(3))} USD`]
  return [...gpu, ...money].join(', ') || undefined
}

function workMs({ loadMs = 0, generateMs = 0, verifyMs = 0, storeMs = 0 }: StoredTimings): number {
  return loadMs + generateMs + verifyMs + storeMs
}
