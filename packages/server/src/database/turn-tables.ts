/** Migration 0005, second part: whose work a generation is, and its place in line. */
export const turnTables: readonly string[] = [
  `alter table generations add column project text, add column scope text, add column turn bigint not null default 0`,
  // How many a scope has queued, and its last place in line.
  `create index generations_scope_queue on generations (project, scope, priority, turn) where status = 'queued'`,
  // The line's head.
  `create index generations_line on generations (priority, turn) where status = 'queued'`,
  // How fast a scope is served, and dead letters, newest first.
  `create index generations_settled on generations (project, scope, settled_at) where settled_at is not null`,
  `create index generations_dead on generations (settled_at desc) where status = 'failed' and retired_at is null`,
  `create index carousels_dead on carousels (project, settled_at desc) where status = 'failed'`,
]
