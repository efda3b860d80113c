import type { KeyToken } from '../access/key-token.ts'
import { parseToken, signingSecret } from '../access/key-token.ts'
import { isUsable } from '../access/keys.ts'
import { createServerSecret } from '../access/server-secret.ts'
import { signUrl } from '../access/url-signature.ts'
import type { Config } from '../config.ts'
import { parseDurationMs } from '../request/duration.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createCommandLog, readConfig } from './read-config.ts'
import { withDatabase } from './with-database.ts'

export interface SignOptions {
  url: string
  expires: string
  /** Whose newest signing key is taken where `DARKROOM_SIGNING_KEY` is not set. */
  project: string
  json: boolean
}

/** `darkroom sign <url>`: a URL of /live or /images that may be asked for until it ends. */
export async function signCommand(options: SignOptions, io: CommandEnvironment): Promise<number> {
  const durationMs = parseDurationMs(options.expires)
  if (durationMs === undefined || durationMs === 0) {
    io.stderr(`--expires ${options.expires}: give a duration such as 24h, 30m or 90d.\n`)
    return exitCodes.usage
  }
  const base = 'http://relative.invalid'
  const path = URL.canParse(options.url, base) ? new URL(options.url, base).pathname : ''
  if (!/^\/(?:live|images)\/[^/]+$/u.test(path)) {
    io.stderr(`${options.url}: only URLs of /live/{scope} and /images/{id} are signed.\n`)
    return exitCodes.usage
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const key = await signingKey(config, options.project, io)
  if (key === undefined) return exitCodes.failed
  const expiresAtS = Math.floor((Date.now() + durationMs) / 1000)
  const url = signUrl(options.url, key, expiresAtS)
  if (options.json) io.stdout(`${JSON.stringify({ url, keyId: key.id, expiresAtS })}\n`)
  else io.stdout(`${url}\n`)
  return exitCodes.done
}

async function signingKey(
  config: Config,
  project: string,
  io: CommandEnvironment,
): Promise<Pick<KeyToken, 'id' | 'secret'> | undefined> {
  if (config.access.signingKey !== undefined) {
    const token = parseToken(config.access.signingKey)
    if (token?.kind === 'signing') return token
    io.stderr('DARKROOM_SIGNING_KEY is no signing key; one begins with dks_.\n')
    return undefined
  }
  const log = createCommandLog(io)
  try {
    return await withDatabase(config, log, async (database) => {
      const rows = await database
        .selectFrom('access_keys')
        .selectAll()
        .where('kind', '=', 'signing')
        .where('project', '=', project)
        .orderBy('created_at', 'desc')
        .execute()
      const row = rows.find((each) => isUsable(each, Date.now()))
      const secret = createServerSecret({
        fromEnvironment: config.access.secret,
        dataDir: config.dataDir,
        database,
      })
      const bytes = await secret.read()
      if (row !== undefined && bytes !== undefined)
        return { id: row.id, secret: signingSecret(bytes, row.id) }
      io.stderr(
        `The project ${project} has no signing key: darkroom keys create --signing --project ${project}\n`,
      )
      return undefined
    })
  } catch (error) {
    io.stderr(`${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}
