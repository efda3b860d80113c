import { ConfigError } from '../config-variable.ts'
import { isLoopbackHost } from '../request/loopback-host.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { readConfig } from './start.ts'

/** Options of `darkroom purge` as commander gives them. */
export interface PurgeCommandOptions {
  tag: readonly string[]
  image: readonly string[]
  url: readonly string[]
  everything: boolean
  soft: boolean
  /** The running server; without it the one that this configuration starts. */
  server?: string
  json: boolean
}

/** `darkroom purge`: `POST /v1/purge` of a running server. */
export async function purgeCommand(options: PurgeCommandOptions, io: CommandEnvironment): Promise<number> {
  const targets = [
    ...(options.tag.length > 0 ? [{ tags: options.tag }] : []),
    ...(options.image.length > 0 ? [{ images: options.image }] : []),
    ...(options.url.length > 0 ? [{ urls: options.url }] : []),
    ...(options.everything ? [{ everything: true }] : []),
  ]
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    io.stderr('Say what to purge: one of --tag, --image, --url (each may be repeated) or --everything.\n')
    return exitCodes.usage
  }
  const server = await serverUrl(options.server, io)
  if (typeof server === 'number') return server
  const body = JSON.stringify({ ...target, soft: options.soft })
  const headers = { 'content-type': 'application/json', ...keyHeader(io) }
  let answer: Response
  try {
    answer = await fetch(new URL('/v1/purge', server), {
      method: 'POST',
      headers,
      body,
    })
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    io.stderr(
      `No server answers at ${server.href}: ${cause}. Give the address of a running one with --server.\n`,
    )
    return exitCodes.failed
  }
  return await report(answer, options, io)
}

/**
 * The key of `DARKROOM_API_KEY`, for servers that ask for one.
 * @throws ConfigError for what no header can hold: `fetch` would repeat it in its message
 */
export function keyHeader({ environment }: CommandEnvironment): Record<string, string> {
  const key = (environment['DARKROOM_API_KEY'] ?? '').trim()
  if (key === '') return {}
  if (/^[\u0021-\u007e]+$/u.test(key)) return { authorization: `Bearer ${key}` }
  const message = 'has characters that no key has: copy it again'
  throw new ConfigError([{ variable: 'DARKROOM_API_KEY', message }])
}

async function serverUrl(given: string | undefined, io: CommandEnvironment): Promise<URL | number> {
  if (given !== undefined) {
    if (URL.canParse(given) && /^https?:$/u.test(new URL(given).protocol)) return new URL(given)
    io.stderr(`--server ${given} is no http:// or https:// URL.\n`)
    return exitCodes.usage
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const { host, port } = config
  const literal = host.includes(':') && isLoopbackHost(host) ? `[${host.replaceAll(/[[\]]/gu, '')}]` : host
  return new URL(`http://${literal}:${port}`)
}

async function report(
  answer: Response,
  options: PurgeCommandOptions,
  io: CommandEnvironment,
): Promise<number> {
  const told = (await answer.json().catch(() => ({}))) as { purged?: number; detail?: string }
  if (!answer.ok || told.purged === undefined) {
    io.stderr(`${told.detail ?? `the server answered ${answer.status}`}\n`)
    return answer.status >= 400 && answer.status < 500 ? exitCodes.usage : exitCodes.failed
  }
  if (options.json) io.stdout(`${JSON.stringify(told)}\n`)
  else {
    const done = options.soft ? 'marked stale' : 'dropped'
    io.stdout(
      `${told.purged} cached ${told.purged === 1 ? 'answer' : 'answers'} ${done}; other processes have been told\n`,
    )
  }
  return exitCodes.done
}
