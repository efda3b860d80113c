import { builtFolder } from '@darkroom/dashboard'
import { flushCompileCache } from 'node:module'
import { SecretError } from '../access/server-secret.ts'
import { unknownVariables } from '../config.ts'
import { ConfigError } from '../config-variable.ts'
import type { Config } from '../config.ts'
import { DatabaseStartError } from '../database/embedded-postgres.ts'
import type { HttpServer } from '../http-server.ts'
import type { Platform, Role } from '../platform.ts'
import { createPlatform } from '../platform.ts'
import { isLoopbackHost } from '../request/loopback-host.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createLog, readConfig } from './read-config.ts'
import { stopSignal } from './stop-signal.ts'

const roles: readonly Role[] = ['all', 'gateway', 'worker', 'predictor']

/** How long answers that are being sent may take once the work has been drained. */
const closeGraceMs = 1000

/** `darkroom start`: runs until a signal, then drains and resolves with 0. */
export async function startCommand(options: { role: string }, io: CommandEnvironment): Promise<number> {
  const role = roles.find((name) => name === options.role)
  if (role === undefined) {
    io.stderr(`--role ${options.role} is no role: there are ${roles.join(', ')}.\n`)
    return exitCodes.usage
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  if (role !== 'all' && config.databaseUrl === undefined) {
    io.stderr(`--role ${role} needs DATABASE_URL: the embedded database belongs to one process alone.\n`)
    return exitCodes.usage
  }
  const log = createLog(config, process.stdout.isTTY)
  for (const name of unknownVariables(io.environment))
    log.warn(`${name} is no variable of Darkroom; is it misspelt?`)
  const stop = stopSignal(log)
  const startedAt = performance.now()
  let platform: Platform | undefined
  try {
    const retired = Promise.withResolvers<string>()
    platform = await createPlatform({ role, config, log, onRetired: retired.resolve })
    refuseOpenAddressWithoutKeys(platform, config)
    // After the workers have begun: jobs of the dead may wait for those.
    const { listen } = await import('../http-server.ts')
    const server = await listen((request) => (platform as Platform).fetch(request), config)
    io.stdout(startMessage(server, platform, config, performance.now() - startedAt))
    // What was compiled for this start, for the next one: a process that is killed writes nothing at its end.
    flushCompileCache()
    // In a checkout whose page has changed: who opens the dashboard need not wait for it then. They are told of faults.
    if (role !== 'worker') void builtFolder().catch(() => undefined)
    // A process that also answers requests goes on with that until it is replaced.
    const migration = await Promise.race([stop.requested, ...(role === 'worker' ? [retired.promise] : [])])
    if (migration === undefined) log.info('stopping: running work may end, new requests are refused')
    else
      io.stdout(`Retired: a newer Darkroom has migrated the database (${migration}). Start that release.\n`)
    await stopServing(server, platform)
    return exitCodes.done
  } catch (error) {
    await platform?.close()
    io.stderr(`${startError(error, config)}\n`)
    return exitCodes.failed
  } finally {
    stop.forget()
  }
}

/** The platform is closed while answers still go out: the waiters get theirs from work that ends in the drain. */
async function stopServing(server: HttpServer, platform: Platform): Promise<void> {
  server.stopAccepting()
  await platform.close()
  await server.close(closeGraceMs)
}

function startMessage(server: HttpServer, platform: Platform, config: Config, startedInMs: number): string {
  const { embedded, adopted, readyMs } = platform.database
  const database = embedded
    ? `embedded PostgreSQL, ${adopted ? 'adopted' : 'ready'} in ${Math.round(readyMs)} ms (${config.dataDir})`
    : 'PostgreSQL of DATABASE_URL'
  const url = config.publicUrl ?? server.url
  const ready = `ready after ${Math.round(startedInMs)} ms`
  if (platform.role === 'worker' || platform.role === 'predictor') {
    return `\nA ${platform.role} of Darkroom is ${ready}.\n  health    ${server.url}/readyz\n  database  ${database}\n\n`
  }
  return [
    '',
    platform.role === 'all' ? `Darkroom is ${ready}.` : `A gateway of Darkroom is ${ready}.`,
    `  open      ${url}/`,
    // With access on it would be refused: it asks for a key or a signature.
    ...(platform.access.mode === 'off'
      ? [`  picture   ${url}/live/demo?prompt=a+red+sailboat+at+sunset`]
      : []),
    `  look      ${url}/dashboard/`,
    `  API       ${url}/docs`,
    `  models    ${platform.models.join(', ')}`,
    `  database  ${database}`,
    `  access    ${accessLine(platform)}`,
    '',
    '',
  ].join('\n')
}

function accessLine({ access }: Platform): string {
  if (access.mode === 'off')
    return 'off: this machine only (HOST accepts loopback addresses until DARKROOM_AUTH is on)'
  if (access.apiKeys > 0) return `on: ${access.apiKeys} API ${access.apiKeys === 1 ? 'key' : 'keys'}`
  return 'on, and there is no key yet: darkroom keys create --admin makes one'
}

/** Without a key nobody could be let in, and the first one would be made on an open address. */
function refuseOpenAddressWithoutKeys({ access, role }: Platform, config: Config): void {
  // A worker answers nothing that a key could open.
  if (role === 'worker' || role === 'predictor' || access.apiKeys > 0 || isLoopbackHost(config.host)) return
  throw new ConfigError([
    {
      variable: 'HOST',
      message: `${config.host} is open to others, and there is no API key yet: make one with darkroom keys create --admin`,
    },
  ])
}

function startError(error: unknown, config: Config): string {
  const isOwn = error instanceof ConfigError || error instanceof DatabaseStartError
  if (isOwn || error instanceof SecretError) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE') {
    return `Port ${config.port} on ${config.host} is in use: stop what listens there, or set PORT to another (0 picks a free one).`
  }
  const message = error instanceof Error ? error.message : String(error)
  const isFileSystem = /^(?:EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|EEXIST)$/u.test(code)
  if (isFileSystem || (error instanceof Error && 'syscall' in error && error.syscall === 'mkdir')) {
    return `The folder for the data cannot be used: ${message}. Set DARKROOM_DATA (and DARKROOM_STORAGE) to a place that can be written.`
  }
  if (config.databaseUrl !== undefined && isDatabaseRefusal(code)) {
    return `DATABASE_URL cannot be used: ${message || code}. Check that the server runs, its address, user and password; unset DATABASE_URL to use the embedded database.`
  }
  return `Darkroom could not start: ${error instanceof Error ? (error.stack ?? message) : message}`
}

/** The network's reasons, and PostgreSQL's classes 28 (authorization), 3D (no such database), 08 and 57 (not now). */
function isDatabaseRefusal(code: string): boolean {
  return (
    /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENOENT|EACCES)$/u.test(code) ||
    /^(?:28|3D|08|57)\w{3}$/u.test(code)
  )
}
