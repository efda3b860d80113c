import type { GenerationsTable, RequestsTable } from '../database/schema.ts'

/**
 * All columns of a record, by name: "all columns" would come to mean another thing when a newer release adds one, and such
 * a statement is not prepared (`database/prepared-client.ts`). The types refuse a column too many and one too few.
 */
export const generationColumns: readonly (keyof GenerationsTable)[] = namesOf<GenerationsTable>({
  id: true,
  domain: true,
  key: true,
  revision: true,
  status: true,
  attempt: true,
  retries: true,
  reruns: true,
  yields: true,
  yielded_at: true,
  priority: true,
  project: true,
  scope: true,
  turn: true,
  alias: true,
  backend: true,
  model: true,
  renderer_version: true,
  prompt: true,
  negative: true,
  style: true,
  width_px: true,
  height_px: true,
  seed: true,
  job_id: true,
  worker_id: true,
  lease: true,
  image_id: true,
  object_hash: true,
  format: true,
  bytes: true,
  warnings: true,
  timings: true,
  cost_usd: true,
  gpu_seconds: true,
  inputs: true,
  strength: true,
  steps: true,
  error_code: true,
  error_message: true,
  retry_after_at: true,
  event_seq: true,
  created_at: true,
  queued_at: true,
  started_at: true,
  settled_at: true,
  retired_at: true,
  taken_down_at: true,
  traceparent: true,
})

/** All columns of a request. */
export const requestColumns: readonly (keyof RequestsTable)[] = namesOf<RequestsTable>({
  id: true,
  project: true,
  scope: true,
  source: true,
  prompt: true,
  model: true,
  tags: true,
  n: true,
  priority: true,
  created_at: true,
  cancelled_at: true,
})

function namesOf<Table>(columns: Record<keyof Table, true>): readonly (keyof Table)[] {
  return Object.keys(columns) as (keyof Table)[]
}
