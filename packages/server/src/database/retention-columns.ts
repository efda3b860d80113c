/** Migration 0007: when pictures were last used, how long scopes keep theirs, and ways to find what is old. */
export const retentionColumns: readonly string[] = [
  `alter table images add column last_used_at timestamptz`,
  `create index images_by_age on images (created_at, id) where deleted_at is null`,
  `create index images_gone on images (deleted_at) where deleted_at is not null`,
  `alter table scopes add column retain_days double precision, add column retain_unused_days double precision`,
  `create index generations_without_picture on generations (settled_at, id) where status in ('failed', 'cancelled')`,
  `create index carousels_by_age on carousels (created_at, id) where settled_at is not null`,
  `create index carousels_logo on carousels (logo_hash) where logo_hash is not null`,
  `create index idempotency_keys_by_age on idempotency_keys (created_at)`,
  `create index idempotency_keys_request on idempotency_keys (request_id)`,
  // Events come in the order of time: a few bytes for many pages, where a tree would cost each event a write.
  `create index generation_events_by_age on generation_events using brin (created_at)`,
  `create index carousel_events_by_age on carousel_events using brin (created_at)`,
]
