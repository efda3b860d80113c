import type { Kysely, Selectable } from 'kysely'
import type {
  CarouselSlidesTable,
  CarouselsTable,
  GenerationsTable,
  RequestsTable,
  Schema,
} from '../../database/schema.ts'
import { explainCarousel } from './explain-carousel.ts'
import { carouselParts, eventsOf, processNames } from './explain-facts.ts'
import { explainGeneration } from './explain-generation.ts'
import type { EventFact, Explanation } from './span.ts'

/** Waterfalls of requests and carousels, from what is durable: rows, their timings, their events. */
export interface Explainer {
  /** The caller has read the request, and may see it. */
  generation(found: {
    request: Selectable<RequestsTable>
    status: string
    generations: readonly Selectable<GenerationsTable>[]
  }): Promise<Explanation>
  carousel(found: {
    carousel: Selectable<CarouselsTable>
    status: string
    slides: readonly Selectable<CarouselSlidesTable>[]
    events: readonly EventFact[]
  }): Promise<Explanation>
}

export function createExplainer(database: Kysely<Schema>, now: () => number): Explainer {
  return {
    generation: async ({ request, status, generations }) => {
      const rows = new Map(generations.map((row) => [row.id, row]))
      const events = new Map(
        await Promise.all(
          [...rows.keys()].map(async (id): Promise<[string, EventFact[]]> => [
            id,
            await eventsOf(database, id),
          ]),
        ),
      )
      return explainGeneration({
        id: request.id,
        status,
        createdAt: request.created_at,
        pictures: generations.map((row) => ({ row, events: events.get(row.id) ?? [] })),
        processes: await processNames(
          database,
          generations.map((row) => row.worker_id),
        ),
        nowMs: now(),
      })
    },
    carousel: async ({ carousel, status, slides, events }) => {
      const parts = await carouselParts(database, {
        generationId: carousel.base_generation_id,
        slideKeys: slides.flatMap(({ slide_key: key }) => (key === null ? [] : [key])),
      })
      const workers = [carousel.worker_id, parts.generation?.row.worker_id ?? null]
      const processes = await processNames(database, workers)
      return explainCarousel({ carousel, status, slides, events, ...parts, processes, nowMs: now() })
    },
  }
}
