import { access, constants, statfs } from 'node:fs/promises'
import { createBackends } from '../backends/backends.ts'
import { backendMakers } from '../backends/makers.ts'
import type { Config } from '../config.ts'
import { parseConfig, unknownVariables } from '../config.ts'
import { ConfigError } from '../config-variable.ts'
import { withConfigFile, withImageModels } from '../config-file.ts'
import { embeddedPostgresSupport } from '../database/embedded-postgres.ts'
import { makeFolder } from '../folder.ts'
import { version } from '../version.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

interface Check {
  name: string
  ok: boolean
  /** What was found, or what to do. */
  detail: string
}

/** `darkroom doctor`: what would keep the platform from starting here, and what to do about it. */
export async function doctorCommand(options: { json: boolean }, io: CommandEnvironment): Promise<number> {
  const checks: Check[] = [nodeCheck()]
  const config = await configCheck(io, checks)
  if (config !== undefined) {
    checks.push(await folderCheck('data folder', config.dataDir))
    if (config.databaseUrl === undefined) checks.push(postgresCheck())
    else checks.push(await databaseUrlCheck(config.databaseUrl))
    checks.push(...(await backendChecks(config)))
  }
  const ok = checks.every((check) => check.ok)
  if (options.json) io.stdout(`${JSON.stringify({ version, ok, checks })}\n`)
  else
    io.stdout(
      checks.map((check) => `${check.ok ? 'ok    ' : 'FAILED'}  ${check.name}: ${check.detail}\n`).join(''),
    )
  return ok ? exitCodes.done : exitCodes.failed
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 22 || (major === 22 && minor >= 18)
  return { name: 'Node', ok, detail: ok ? process.version : `${process.version}; 22.18 or later is needed` }
}

async function configCheck(io: CommandEnvironment, checks: Check[]): Promise<Config | undefined> {
  try {
    const config = await withImageModels(
      parseConfig(await withConfigFile(io.environment, process.cwd())),
      process.cwd(),
    )
    const unknown = unknownVariables(io.environment)
    const detail = unknown.length === 0 ? 'valid' : `valid; not known: ${unknown.join(', ')}`
    checks.push({ name: 'configuration', ok: true, detail })
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    checks.push({ name: 'configuration', ok: false, detail: error.message })
    return undefined
  }
}

async function folderCheck(name: string, path: string): Promise<Check> {
  try {
    await makeFolder(path)
    await access(path, constants.W_OK)
    const { bavail, bsize } = await statfs(path)
    const freeGb = (bavail * bsize) / 1024 ** 3
    return { name, ok: freeGb > 0.5, detail: `${path}, ${freeGb.toFixed(1)} GB free` }
  } catch (error) {
    return {
      name,
      ok: false,
      detail: `${path}: ${error instanceof Error ? error.message : 'cannot be written'}`,
    }
  }
}

function postgresCheck(): Check {
  const support = embeddedPostgresSupport()
  return { name: 'embedded PostgreSQL', ok: support.supported, detail: support.detail }
}

async function databaseUrlCheck(databaseUrl: string): Promise<Check> {
  try {
    return { name: 'DATABASE_URL', ok: true, detail: `PostgreSQL ${await postgresVersion(databaseUrl)}` }
  } catch (error) {
    // The message alone: it names no password.
    return {
      name: 'DATABASE_URL',
      ok: false,
      detail: error instanceof Error ? error.message : 'cannot connect',
    }
  }
}

async function postgresVersion(databaseUrl: string): Promise<string> {
  const { Client } = await import('pg').then((module) => module.default)
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version ?? '?'
  } finally {
    await client.end().catch(() => {})
  }
}

async function backendChecks(config: Config): Promise<Check[]> {
  const makers = backendMakers({
    openai: config.openai,
    timeoutMs: config.backendTimeoutMs,
    simulatedGpu: config.simulatedGpu,
    servers: config.modelServers,
    imageModels: config.imageModels,
  })
  const backends = createBackends({ table: config.models, makers })
  try {
    return await Promise.all(
      backends.all().map(async (backend) => {
        const health = await backend.health()
        const ok = health.state !== 'failed'
        return {
          name: `backend ${backend.name}`,
          ok,
          detail: health.state === 'failed' ? health.reason : health.state,
        }
      }),
    )
  } finally {
    await backends.close()
  }
}
