import type { Selectable } from 'kysely'
import type { GenerationStatus, GenerationsTable } from '../database/schema.ts'
import { DarkroomError, isErrorCode } from '../errors.ts'
import type { Place } from '../queue/job-queue.ts'
import type { PictureSpec } from '../request/picture-spec.ts'

export type { StoredInput, StoredTimings } from '../database/schema.ts'

export type GenerationRow = Selectable<GenerationsTable>

/** A record with a picture: what `stored` guarantees. */
export interface StoredGeneration extends GenerationRow {
  status: 'stored'
  image_id: string
  object_hash: string
  format: string
}

/** What is to be drawn, whoever draws it: all of a picture's specification but its domain and its model. */
export function drawingOf(row: GenerationRow): Required<Omit<PictureSpec, 'domain' | 'model'>> {
  return {
    prompt: row.prompt,
    negative: row.negative ?? undefined,
    style: row.style ?? undefined,
    widthPx: row.width_px,
    heightPx: row.height_px,
    seed: Number(row.seed),
    inputs: row.inputs ?? undefined,
    strength: row.strength ?? undefined,
    steps: row.steps ?? undefined,
  }
}

/** Whether nothing more will happen to the record without a new request. */
export function isSettled(status: GenerationStatus): boolean {
  return status === 'stored' || status === 'failed' || status === 'cancelled'
}

export function isStored(row: GenerationRow): row is StoredGeneration {
  return row.status === 'stored' && row.image_id !== null && row.object_hash !== null && row.format !== null
}

/** Where the job of a record stands in line, and which workers it is for. */
export function placeOf(row: Pick<GenerationRow, 'priority' | 'turn' | 'backend' | 'model'>): Place {
  return { priority: row.priority, turn: Number(row.turn), route: routeOf(row) }
}

/** The model with its LoRAs at its backend: workers that have it loaded take its jobs first. */
export function routeOf({ backend, model }: { backend: string; model: string }): string {
  return `${backend}:${model}`
}

/** The error of a failed or cancelled record, as its waiters are told it. `now` in milliseconds. */
export function errorOf(row: GenerationRow, now: number, requestId?: string): DarkroomError {
  const facts = { generationId: requestId }
  if (row.status === 'cancelled') {
    return new DarkroomError('cancelled', 'The generation was cancelled; ask again to start it anew.', facts)
  }
  const code = row.error_code !== null && isErrorCode(row.error_code) ? row.error_code : 'backend_failed'
  const waitMs = row.retry_after_at === null ? undefined : row.retry_after_at.getTime() - now
  const retryAfterS = waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000))
  return new DarkroomError(code, row.error_message ?? 'The generation failed.', { ...facts, retryAfterS })
}
