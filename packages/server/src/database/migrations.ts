import type { Migration } from 'kysely/migration'
import { sql } from 'kysely'
import { accessTables } from './access-tables.ts'
import { carouselTables } from './carousel-migration.ts'
import { cdnTables } from './cdn-tables.ts'
import { predictionTables } from './prediction-tables.ts'
import { scalingColumns, scalingTables } from './scaling-tables.ts'
import { livenessTables } from './liveness-tables.ts'
import { retentionColumns } from './retention-columns.ts'
import { serverTables } from './server-tables.ts'
import { latencyTables, summedHoursTable } from './latency-tables.ts'
import { turnTables } from './turn-tables.ts'
import { webhookTables } from './webhook-tables.ts'
import { yieldColumns } from './yield-columns.ts'

/**
 * The schema's history, in order of name. A migration that has been released is never edited: a database in the
 * field has run it.
 */
export const migrations: Record<string, Migration> = {
  '0001-first-tables': {
    async up(db) {
      for (const statement of firstTables) await sql.raw(statement).execute(db)
    },
  },
  '0002-clean-up': {
    async up(db) {
      for (const statement of cleanUpIndexes) await sql.raw(statement).execute(db)
    },
  },
  '0003-carousels': {
    async up(db) {
      for (const statement of carouselTables) await sql.raw(statement).execute(db)
    },
  },
  '0004-access': {
    async up(db) {
      for (const statement of accessTables) await sql.raw(statement).execute(db)
    },
  },
  '0005-webhooks-and-turns': {
    async up(db) {
      for (const statement of [...webhookTables, ...turnTables]) await sql.raw(statement).execute(db)
    },
  },
  '0006-yields': {
    async up(db) {
      for (const statement of yieldColumns) await sql.raw(statement).execute(db)
    },
  },
  '0007-retention': {
    async up(db) {
      for (const statement of retentionColumns) await sql.raw(statement).execute(db)
    },
  },
  '0008-model-servers': {
    async up(db) {
      for (const statement of serverTables) await sql.raw(statement).execute(db)
    },
  },
  '0009-latency': {
    async up(db) {
      for (const statement of latencyTables) await sql.raw(statement).execute(db)
    },
  },
  '0010-prediction': {
    async up(db) {
      for (const statement of predictionTables) await sql.raw(statement).execute(db)
    },
  },
  '0011-scaling': {
    async up(db) {
      for (const statement of scalingTables) await sql.raw(statement).execute(db)
    },
  },
  '0012-failures': {
    async up(db) {
      for (const statement of failureIndexes) await sql.raw(statement).execute(db)
    },
  },
  '0013-tag-index': {
    async up(db) {
      for (const statement of lookUpIndexes) await sql.raw(statement).execute(db)
    },
  },
  '0014-cdn-purges': {
    async up(db) {
      for (const statement of cdnTables) await sql.raw(statement).execute(db)
    },
  },
  '0015-summed-hours': {
    async up(db) {
      for (const statement of summedHoursTable) await sql.raw(statement).execute(db)
    },
  },
  '0016-liveness': {
    async up(db) {
      for (const statement of livenessTables) await sql.raw(statement).execute(db)
    },
  },
  '0017-scaling-starting': {
    async up(db) {
      for (const statement of scalingColumns) await sql.raw(statement).execute(db)
    },
  },
}

const firstTables = [
  `create table generations (
    id bigint generated always as identity primary key,
    domain text not null,
    key text not null,
    revision integer not null default 1,
    status text not null check (status in ('queued', 'running', 'stored', 'failed', 'cancelled')),
    attempt integer not null default 1,
    retries integer not null default 0,
    reruns integer not null default 0,
    priority text not null check (priority in ('demand', 'speculative')),
    alias text not null,
    backend text not null,
    model text not null,
    renderer_version text not null,
    prompt text not null,
    negative text,
    style text,
    width_px integer not null,
    height_px integer not null,
    seed bigint not null,
    job_id uuid,
    worker_id integer,
    lease uuid,
    image_id text,
    object_hash text,
    format text,
    bytes integer,
    warnings jsonb not null default '[]',
    timings jsonb not null default '{}',
    cost_usd double precision,
    error_code text,
    error_message text,
    retry_after_at timestamptz,
    event_seq integer not null default 0,
    created_at timestamptz not null default now(),
    queued_at timestamptz not null default now(),
    started_at timestamptz,
    settled_at timestamptz,
    retired_at timestamptz,
    taken_down_at timestamptz,
    unique (key, revision),
    check (status <> 'stored' or (image_id is not null and object_hash is not null))
  )`,
  // The sweeper asks each second for what dead workers left behind; settled rows must not cost it anything.
  `create index generations_running on generations (worker_id) where status = 'running'`,
  `create index generations_object on generations (object_hash) where object_hash is not null`,
  `create table requests (
    id text primary key,
    project text not null,
    scope text not null,
    source text not null check (source in ('native', 'openai', 'live')),
    prompt text not null,
    model text not null,
    tags text[] not null default '{}',
    n integer not null,
    priority text not null check (priority in ('demand', 'speculative')),
    created_at timestamptz not null default now(),
    cancelled_at timestamptz
  )`,
  `create index requests_newest on requests (project, created_at desc, id desc)`,
  `create table request_images (
    request_id text not null references requests (id) on delete cascade,
    index integer not null,
    generation_id bigint not null references generations (id),
    primary key (request_id, index)
  )`,
  `create index request_images_generation on request_images (generation_id)`,
  `create table generation_events (
    generation_id bigint not null references generations (id) on delete cascade,
    seq integer not null,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now(),
    primary key (generation_id, seq)
  )`,
  `create table images (
    id text primary key,
    project text not null,
    kind text not null check (kind in ('generation', 'upload')),
    generation_id bigint references generations (id) on delete set null,
    object_hash text not null,
    format text not null,
    width_px integer not null,
    height_px integer not null,
    bytes integer not null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz
  )`,
  `create index images_object on images (object_hash) where deleted_at is null`,
  `create index images_generation on images (generation_id)`,
  `create table idempotency_keys (
    owner text not null,
    key text not null,
    fingerprint text not null,
    request_id text not null,
    answered_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (owner, key)
  )`,
  `create table workers (
    id integer generated always as identity primary key,
    name text not null,
    started_at timestamptz not null default now()
  )`,
  `create table settings (
    name text primary key,
    value text not null
  )`,
]

/** For the regular search for records whose job is gone, and for old previews: few rows among millions. */
const cleanUpIndexes = [
  `create index generations_open on generations (id) where status in ('queued', 'running')`,
  `create index generation_events_previews on generation_events (created_at) where type = 'preview'`,
]

/** The overview asks every two seconds what has failed lately, among a million records too. */
const failureIndexes = [
  `create index generations_failed on generations (settled_at) where status = 'failed'`,
  `create index carousels_failed on carousels (settled_at) where status = 'failed'`,
]

/** What a purge by tag looks up. Most requests have no tag, and then cost the index nothing. */
const lookUpIndexes = [
  `create index requests_tags on requests using gin (tags) where tags <> '{}'`,
  `create index carousels_tags on carousels using gin (tags) where tags <> '{}'`,
  // For retention: whose pictures are still to be read.
  `create index generations_open_edits on generations (id) where status in ('queued', 'running') and inputs is not null`,
]
