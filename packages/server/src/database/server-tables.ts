/** Migration 0008: pictures that generations start from, what they cost, and what workers have loaded. */
export const serverTables: readonly string[] = [
  `alter table generations
    add column inputs jsonb,
    add column strength double precision,
    add column steps integer,
    add column gpu_seconds double precision`,
  // Of processes without a worker the state stays null.
  `alter table workers
    add column state text check (state in ('starting', 'warming', 'ready', 'busy', 'draining', 'failed')),
    add column models jsonb not null default '[]',
    add column warming text,
    add column busy integer not null default 0,
    add column slots integer not null default 0,
    add column since timestamptz,
    add column seen_at timestamptz`,
  `create index workers_seen on workers (seen_at) where seen_at is not null`,
]
