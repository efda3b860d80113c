import type { EmbeddedConnection } from '../connection.ts'

/** `DATABASE_URL` of an embedded server, which listens at a Unix socket only (libpq's `host` parameter). */
export function databaseUrlOf({ host, port, user, password, database }: EmbeddedConnection): string {
  const query = new URLSearchParams({ host, port: String(port) })
  return `postgres://${user}:${encodeURIComponent(password)}@/${database}?${query}`
}
