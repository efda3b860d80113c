/** Migration 0006: how often speculative work has made room for work that somebody waits for. */
export const yieldColumns: readonly string[] = [
  `alter table generations add column yields integer not null default 0, add column yielded_at timestamptz`,
  // How much has made room just now, so that not every process makes room for the same job.
  `create index generations_yielded on generations (yielded_at) where yielded_at is not null`,
]
