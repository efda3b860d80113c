import type { Selectable } from 'kysely'
import type {
  CarouselSlidesTable,
  CarouselsTable,
  SlideResultsTable,
  StoredWork,
} from '../../database/schema.ts'
import type { ExplainedGeneration } from './explain-generation.ts'
import { explainPicture } from './explain-generation.ts'
import type { EventFact, Explanation, ProcessNames, Span } from './span.ts'
import { hundredths, spanBetween } from './span.ts'

export interface CarouselFacts {
  carousel: Pick<
    Selectable<CarouselsTable>,
    'id' | 'base' | 'base_how' | 'base_hash' | 'work' | 'worker_id' | 'created_at' | 'settled_at' | 'reruns'
  >
  status: string
  slides: readonly Pick<
    Selectable<CarouselSlidesTable>,
    'index' | 'kind' | 'status' | 'slide_key' | 'bytes' | 'error_code'
  >[]
  /** What the slides are, by key: whose run made them, and when it claimed them. */
  results: ReadonlyMap<string, Pick<Selectable<SlideResultsTable>, 'carousel_id' | 'created_at'>>
  events: readonly EventFact[]
  /** Of a base that is a prompt. */
  generation: { row: ExplainedGeneration; events: readonly EventFact[] } | undefined
  processes: ProcessNames
  nowMs: number
}

/** The waterfall of a carousel: its base, the units that all slides share, and every slide. */
export function explainCarousel(facts: CarouselFacts): Explanation {
  const { carousel, nowMs } = facts
  const createdMs = carousel.created_at.getTime()
  const baseAtMs = facts.events.find(({ type }) => type === 'base')?.at.getTime()
  const spans = [...baseSpans(facts, createdMs, baseAtMs), ...slideSpans(facts, createdMs, baseAtMs)]
  return {
    id: carousel.id,
    status: facts.status,
    createdAt: carousel.created_at.toISOString(),
    totalMs: hundredths(Math.max(0, (carousel.settled_at?.getTime() ?? nowMs) - createdMs)),
    spans,
  }
}

function processOf({ carousel, processes }: CarouselFacts): string | null {
  return carousel.worker_id === null ? null : (processes.get(carousel.worker_id) ?? null)
}

function baseSpans(facts: CarouselFacts, createdMs: number, baseAtMs: number | undefined): Span[] {
  const { carousel, generation, nowMs } = facts
  if (generation !== undefined) {
    return explainPicture(generation.row, generation.events, createdMs, facts).map((span) => ({
      ...span,
      name: `base: ${span.name}`,
    }))
  }
  const common = { name: 'base', process: processOf(facts) }
  if (carousel.base.url === undefined) {
    const detail = 'a picture that was there'
    return [{ ...common, kind: 'object.read', how: 'cached', startMs: 0, durationMs: 0, detail }]
  }
  const endMs = baseAtMs ?? carousel.settled_at?.getTime() ?? nowMs
  // From the acceptance on: when its worker took it is not kept, and is milliseconds.
  const between = spanBetween(createdMs, createdMs, endMs)
  return [{ ...common, kind: 'fetch', how: carousel.base_how ?? 'ran', ...between }]
}

/** Units that belong to the base or to all slides, with how many there were; their time is the slides'. */
function sharedUnits(work: StoredWork): string {
  return Object.entries(work)
    .filter(([, { ran, joined, cached }]) => ran + joined + cached > 0)
    .map(([kind, { ran, joined, cached, ranMs }]) => {
      const took = ranMs === undefined ? '' : ` (${hundredths(ranMs)} ms)`
      return `${kind} ${ran} ran${took}, ${joined} joined, ${cached} cached`
    })
    .join('; ')
}

/** Units that all slides stand on, in the order of the work; the ledger's kind of each. */
const unitsOfBase = [
  ['decodes', 'decode'],
  ['analyses', 'analyse'],
  ['frames', 'frame'],
] as const

/** What ran of them for this carousel, one after the other from when the base was there. */
function unitSpans({ carousel }: CarouselFacts, beganAtMs: number, process: string | null): Span[] {
  const createdMs = carousel.created_at.getTime()
  const spans: Span[] = []
  let atMs = beganAtMs
  for (const [name, kind] of unitsOfBase) {
    const { ran = 0, ranMs } = carousel.work[name] ?? {}
    if (ran === 0 || ranMs === undefined) continue
    spans.push({ name: kind, kind, how: 'ran', ...spanBetween(createdMs, atMs, atMs + ranMs), process })
    atMs += ranMs
  }
  return spans
}

function slideSpans(facts: CarouselFacts, createdMs: number, baseAtMs: number | undefined): Span[] {
  const { carousel, results, events, slides } = facts
  const endOf = new Map(
    events
      .filter(({ type }) => type === 'slide')
      .map(({ data, at }): [unknown, number] => [data['index'], at.getTime()]),
  )
  const generated = facts.generation?.row.settled_at?.getTime()
  const beganMs = Math.max(createdMs, baseAtMs ?? generated ?? createdMs)
  const process = processOf(facts)
  const spans: Span[] = []
  for (const slide of slides) {
    const endMs = endOf.get(slide.index)
    if (endMs === undefined) continue
    const result = slide.slide_key === null ? undefined : results.get(slide.slide_key)
    const isOthers = result !== undefined && result.carousel_id !== carousel.id
    const isOlder = isOthers && result.created_at.getTime() < createdMs
    spans.push({
      name: `slide ${slide.index}: ${slide.kind}`,
      kind: 'slide',
      how: isOlder ? 'cached' : isOthers ? 'joined' : 'ran',
      ...spanBetween(createdMs, beganMs, endMs),
      process: isOthers ? null : process,
      ...(slide.bytes === null ? {} : { bytes: slide.bytes }),
      ...(isOthers ? { detail: `made for ${result.carousel_id}` } : {}),
      ...(slide.status === 'failed' ? { detail: `ended with ${slide.error_code}` } : {}),
    })
  }
  const units = sharedUnits(carousel.work)
  if (units === '') return spans
  const lastMs = Math.max(beganMs, ...endOf.values())
  const between = spanBetween(createdMs, beganMs, lastMs)
  const how = spans.find((span) => span.how === 'ran')?.how ?? spans[0]?.how ?? 'ran'
  const whole: Span = { name: 'slides', kind: 'carousel', how, ...between, process, detail: units }
  return [whole, ...unitSpans(facts, beganMs, process), ...spans]
}
