/** Migration 0011: what was decided on workers, a row a minute, and the last decision as any process answers it. */
export const scalingTables: readonly string[] = [
  `create table scaling_history (
    at timestamptz primary key,
    desired integer not null,
    warm integer not null,
    busy integer not null,
    load real not null,
    expected_for timestamptz not null,
    expected_low real not null,
    expected real not null,
    expected_high real not null
  )`,
  `create index scaling_history_expected on scaling_history (expected_for)`,
  `create table scaling_state (
    id integer primary key check (id = 1),
    decided_at timestamptz not null,
    written_at timestamptz not null default now(),
    state jsonb not null
  )`,
]

/** Migration 0017: workers on their way, of each minute; of minutes before it none are known. */
export const scalingColumns: readonly string[] = [
  `alter table scaling_history add column starting integer not null default 0`,
]
