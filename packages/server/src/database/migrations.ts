import type { Migration } from 'kysely/migration'
import { sql } from 'kysely'
import { turnTables } from './turn-tables.ts'
import { webhookTables } from './webhook-tables.ts'

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
  '0005-webhooks-and-turns': {
    async up(db) {
      for (const statement of [...webhookTables, ...turnTables]) await sql.raw(statement).execute(db)
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

const carouselTables = [
  `alter table requests drop constraint requests_source_check`,
  `alter table requests add constraint requests_source_check
    check (source in ('native', 'openai', 'live', 'carousel'))`,
  `alter table images drop constraint images_kind_check`,
  `alter table images add constraint images_kind_check check (kind in ('generation', 'upload', 'slide'))`,
  `create table carousels (
    id text primary key,
    project text not null,
    scope text not null,
    tags text[] not null default '{}',
    status text not null check (status in ('queued', 'running', 'stored', 'failed', 'cancelled')),
    base jsonb not null,
    design jsonb not null,
    base_request_id text references requests (id) on delete set null,
    base_generation_id bigint references generations (id) on delete set null,
    base_hash text,
    base_image_id text,
    base_how text check (base_how in ('ran', 'joined', 'cached')),
    base_key text,
    logo_hash text,
    logo_how text check (logo_how in ('ran', 'joined', 'cached')),
    waits_for text check (waits_for in ('generation', 'base', 'slides')),
    job_id uuid,
    worker_id integer,
    lease uuid,
    retries integer not null default 0,
    reruns integer not null default 0,
    work jsonb not null default '{}',
    edit jsonb,
    error_code text,
    error_message text,
    event_seq integer not null default 0,
    created_at timestamptz not null default now(),
    settled_at timestamptz
  )`,
  `create index carousels_newest on carousels (project, created_at desc, id desc)`,
  `create index carousels_open on carousels (id) where status in ('queued', 'running')`,
  `create index carousels_running on carousels (worker_id) where status = 'running'`,
  `create index carousels_waiting on carousels (base_generation_id) where waits_for = 'generation'`,
  `create index carousels_base_key on carousels (base_key) where waits_for = 'base'`,
  `create index carousels_base_image on carousels (base_image_id)`,
  `create table carousel_slides (
    carousel_id text not null references carousels (id) on delete cascade,
    index integer not null,
    kind text not null check (kind in ('hook', 'credibility', 'point', 'cta')),
    title text not null,
    body text,
    label text,
    status text not null check (status in ('queued', 'stored', 'failed', 'cancelled')),
    slide_key text,
    image_id text,
    fit jsonb,
    bytes integer,
    error_code text,
    error_message text,
    primary key (carousel_id, index),
    check (status <> 'stored' or image_id is not null)
  )`,
  // Who makes a slide tells all that wait for it.
  `create index carousel_slides_awaited on carousel_slides (slide_key) where status = 'queued'`,
  `create table slide_results (
    key text primary key,
    project text not null,
    carousel_id text not null references carousels (id) on delete cascade,
    status text not null check (status in ('making', 'stored')),
    image_id text not null,
    fit jsonb,
    bytes integer,
    created_at timestamptz not null default now()
  )`,
  `create index slide_results_making on slide_results (carousel_id) where status = 'making'`,
  `create index slide_results_image on slide_results (image_id)`,
  `create table base_claims (
    key text primary key,
    carousel_id text not null references carousels (id) on delete cascade,
    created_at timestamptz not null default now()
  )`,
  `create index base_claims_owner on base_claims (carousel_id)`,
  `create table carousel_events (
    carousel_id text not null references carousels (id) on delete cascade,
    seq integer not null,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now(),
    primary key (carousel_id, seq)
  )`,
]
