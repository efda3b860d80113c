/** Keys, scopes with their budgets, rate limits, and the record of administrative acts. */
export const accessTables: readonly string[] = [
  `create table access_keys (
    id text primary key,
    kind text not null check (kind in ('api', 'signing')),
    project text not null,
    name text not null,
    rights text[] not null,
    scopes text[],
    hash bytea,
    rate_per_minute integer,
    replaced_by text,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    check ((kind = 'api') = (hash is not null))
  )`,
  `create table scopes (
    project text not null,
    name text not null,
    visibility text not null default 'public' check (visibility in ('public', 'private')),
    unsigned_live boolean not null default false,
    enabled boolean not null default true,
    max_per_hour integer,
    max_total bigint,
    max_usd_per_day double precision,
    assumed_usd double precision,
    models text[],
    sizes text[],
    origins text[],
    started_total bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (project, name),
    check (not (unsigned_live and visibility = 'private'))
  )`,
  // An unsigned URL has nothing but the scope's name to say whose it is.
  `create unique index scopes_unsigned on scopes (name) where unsigned_live`,
  `create table scope_charges (
    generation_id bigint not null references generations (id) on delete cascade,
    attempt integer not null,
    project text not null,
    scope text not null,
    assumed_usd double precision not null,
    created_at timestamptz not null,
    primary key (generation_id, attempt)
  )`,
  `create index scope_charges_recent on scope_charges (project, scope, created_at)`,
  `create table audit_log (
    id bigint generated always as identity primary key,
    actor text not null,
    act text not null,
    project text not null,
    subject text not null,
    facts jsonb not null default '{}',
    created_at timestamptz not null default now()
  )`,
  // As rate-limiter-flexible wants it.
  `create table rate_limits (
    key varchar(255) primary key,
    points integer not null default 0,
    expire bigint
  )`,
]
