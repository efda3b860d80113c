/** Migration 0014: purges that CDNs are still to be told of, and how it goes with each CDN. */
export const cdnTables: readonly string[] = [
  `create table cdn_states (
    cdn text primary key,
    retry_at timestamptz,
    failures integer not null default 0,
    worker_id integer,
    lease uuid,
    calls bigint not null default 0,
    last_success_at timestamptz,
    last_error text,
    last_error_at timestamptz
  )`,
  `create index cdn_states_leased on cdn_states (worker_id) where lease is not null`,
  `create table cdn_purges (
    id bigint generated always as identity primary key,
    cdn text not null,
    kind text not null check (kind in ('tag', 'everything')),
    name text not null,
    soft boolean not null,
    status text not null default 'pending' check (status in ('pending', 'failed')),
    orders integer not null default 1,
    round integer not null default 1,
    alone boolean not null default false,
    ordered_at timestamptz not null,
    due_at timestamptz not null,
    lease uuid,
    failure text check (failure in ('unauthorized', 'refused', 'given-up')),
    reason text,
    failed_at timestamptz,
    check ((status = 'failed') = (failure is not null))
  )`,
  // One row for all orders of one name: whatever is being sent is no longer among them.
  `create unique index cdn_purges_waiting on cdn_purges (cdn, kind, name, soft) where status = 'pending' and lease is null`,
  `create index cdn_purges_due on cdn_purges (cdn, ordered_at, id) where status = 'pending' and lease is null`,
  `create index cdn_purges_leased on cdn_purges (lease) where lease is not null`,
  `create index cdn_purges_failed on cdn_purges (cdn, kind, name) where status = 'failed'`,
]
