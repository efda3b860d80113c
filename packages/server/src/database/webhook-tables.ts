/** Migration 0005, first part: messages to receivers, their attempts, the secrets that sign them. */
export const webhookTables: readonly string[] = [
  `create table webhooks (
    id text primary key,
    project text not null,
    scope text not null,
    subject text not null,
    url text not null,
    origin text not null,
    secret text,
    status text not null check (status in ('waiting', 'pending', 'delivered', 'failed', 'gone')),
    type text,
    data text,
    happened_at timestamptz,
    tries integer not null default 0,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    worker_id integer,
    lease uuid,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    check (status = 'waiting' or (type is not null and data is not null and happened_at is not null)),
    check (status <> 'pending' or next_attempt_at is not null)
  )`,
  `create index webhooks_subject on webhooks (subject)`,
  `create index webhooks_waiting on webhooks (id) where status = 'waiting'`,
  `create index webhooks_due on webhooks (next_attempt_at) where status = 'pending' and lease is null`,
  `create index webhooks_leased on webhooks (worker_id) where lease is not null`,
  `create index webhooks_newest on webhooks (project, created_at desc, id desc)`,
  `create index webhooks_open_url on webhooks (project, url) where status in ('waiting', 'pending')`,
  `create index webhooks_ended on webhooks (ended_at) where ended_at is not null`,
  `create table webhook_attempts (
    webhook_id text not null references webhooks (id) on delete cascade,
    number integer not null,
    at timestamptz not null,
    duration_ms integer not null,
    status integer,
    code text,
    reason text not null,
    primary key (webhook_id, number)
  )`,
  `create table webhooks_gone (
    project text not null,
    url text not null,
    since timestamptz not null,
    primary key (project, url)
  )`,
  `create table webhook_secrets (
    project text primary key,
    secret text not null,
    previous text,
    previous_until timestamptz,
    created_at timestamptz not null default now()
  )`,
]
