import type { ClientConfig } from 'pg'

/** How to reach the embedded database: a private Unix socket and a password. */
export interface EmbeddedConnection {
  /** The folder of the socket (libpq's convention: a host that starts with `/`). */
  readonly host: string
  /** Part of the socket's file name; nothing listens on TCP. */
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Where the database is: a connection URL (`DATABASE_URL`), or the embedded one's socket. */
export type ConnectionTarget = string | EmbeddedConnection

/** The few logging methods this room calls; a pino logger fits. */
export interface DatabaseLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/**
 * How soon the server gives up a session whose client has gone silent: probes after 3 s, and 9 s in all. Until then it
 * holds what the session held: the lock of a worker, rows of a transaction that the network cut in two. PostgreSQL's own
 * default is two hours. No effect on a Unix socket.
 */
export const serverKeepalive: string = [
  'set tcp_keepalives_idle = 3',
  'set tcp_keepalives_interval = 2',
  'set tcp_keepalives_count = 3',
  "set tcp_user_timeout = '9s'",
].join('; ')

/**
 * Options of `pg` for a target, the same for pools, single clients and pg-boss. The process is named in
 * `pg_stat_activity` by `applicationName`.
 */
export function poolOptions(
  target: ConnectionTarget,
  applicationName: string,
): Pick<
  ClientConfig,
  'connectionString' | 'host' | 'port' | 'user' | 'password' | 'database' | 'keepAlive'
> & {
  application_name: string
} {
  const address =
    typeof target === 'string'
      ? { connectionString: target }
      : {
          host: target.host,
          port: target.port,
          user: target.user,
          password: target.password,
          database: target.database,
        }
  return { ...address, application_name: applicationName, keepAlive: true }
}
