/** Migration 0005, second part: whose work a generation is, and the places in line. */
export const turnTables: readonly string[] = [
  `alter table generations add column project text, add column scope text, add column turn bigint not null default 0`,
  // How many a scope has queued, and its last place in line.
  `create index generations_scope_queue on generations (project, scope, priority, turn) where status = 'queued'`,
  // The line's head.
  `create index generations_line on generations (priority, turn) where status = 'queued'`,
  // How fast a scope is served, and dead letters, newest first.
  `create index generations_settled on generations (project, scope, settled_at) where settled_at is not null`,
  `create index generations_dead on generations (settled_at desc) where status = 'failed' and retired_at is null`,
  `alter table carousels add column turn bigint not null default 0`,
  `create index carousels_scope_queue on carousels (project, scope, turn) where status = 'queued'`,
  `create index carousels_line on carousels (turn) where status = 'queued'`,
  `create index carousels_settled on carousels (project, scope, settled_at) where settled_at is not null`,
  `create index carousels_dead on carousels (project, settled_at desc) where status = 'failed'`,
]
