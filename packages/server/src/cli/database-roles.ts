import { sql } from 'kysely'
import { grantsFor } from '../database/roles.ts'
import { createListener } from '../database/listener.ts'
import { createPgBossQueues } from '../queue/pg-boss-queue.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createCommandLog, readConfig } from './read-config.ts'
import { withDatabase } from './with-database.ts'

/** Options of `darkroom database roles` as commander gives them. */
export interface DatabaseRolesOptions {
  /** The login role of processes that answer requests. */
  api?: string
  /** The login role of workers. */
  worker?: string
  /** Print the SQL and run nothing. */
  print: boolean
}

/**
 * `darkroom database roles`: brings the tables up to date as their owner, and gives other roles what they need of
 * them.
 */
export async function databaseRolesCommand(
  options: DatabaseRolesOptions,
  io: CommandEnvironment,
): Promise<number> {
  const grants = [
    ...(options.api === undefined ? [] : [grantsFor('api', options.api)]),
    ...(options.worker === undefined ? [] : [grantsFor('worker', options.worker)]),
  ]
  if (grants.length === 0) {
    io.stderr('Name the roles: --api <role>, --worker <role>. They are made before: create role … login.\n')
    return exitCodes.usage
  }
  if (options.print) {
    io.stdout(grants.join('\n'))
    return exitCodes.done
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const log = createCommandLog(io)
  try {
    await withDatabase(config, log, async (database, connection) => {
      // The queue makes and upgrades its own tables when it starts.
      const listener = await createListener({ connection, log })
      const queues = await createPgBossQueues({ connection, listener, log })
      await queues.close()
      await listener.close()
      for (const text of grants) await sql.raw(text).execute(database)
    })
  } catch (error) {
    io.stderr(`The rights cannot be given: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.failed
  }
  io.stdout(`${[options.api, options.worker].filter((name) => name !== undefined).join(' and ')}: done\n`)
  return exitCodes.done
}
