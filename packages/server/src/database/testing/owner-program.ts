/**
 * A process that owns an embedded database, for tests that kill owners. Its one argument is the options as JSON; it
 * prints one line of JSON when it is ready or cannot start, and stops on SIGTERM. SIGINT is only counted: it stands
 * for a Ctrl-C whose drain is still going on.
 */
import { DatabaseStartError, startEmbeddedPostgres } from '../embedded-postgres.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { dataDir: string }

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

process.on('SIGINT', () => print({ interrupted: true }))
try {
  const server = await startEmbeddedPostgres(options)
  // Without work of its own the process would end here.
  const alive = setInterval(() => {}, 1_000_000)
  process.on('SIGTERM', () => {
    clearInterval(alive)
    server.stop().then(
      () => print({ stopped: true }),
      (error: unknown) => print({ error: String(error) }),
    )
  })
  const { connection, adopted, startedInMs, pid } = server
  print({ ready: { connection, adopted, startedInMs, pid, memoryBytes: await server.memoryBytes() } })
} catch (error) {
  print({ error: String(error), code: error instanceof DatabaseStartError ? error.code : undefined })
  process.exitCode = 1
}
