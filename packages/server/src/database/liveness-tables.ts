/** Migration 0016: by which others know, without the database, that a worker's process has ended. */
export const livenessTables: readonly string[] = [
  // Of processes on systems that do not tell, and of earlier releases, these stay null.
  `alter table workers
    add column machine text,
    add column pid integer,
    add column process_start text`,
  // Unlogged on purpose: the server empties it whenever it recovers from a crash, in which every session lock was lost.
  // A restart without a crash has another start time.
  `create unlogged table lock_epochs (
    server_started_at timestamptz primary key,
    began_at timestamptz not null default clock_timestamp()
  )`,
]
