import { ConfigError } from '../config-variable.ts'
import { isLoopbackHost } from '../request/loopback-host.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { readConfig } from './read-config.ts'

/** A request to a running server, for commands that only pass on what it says. */
export interface ApiCall {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: unknown
  /** The running server; without it the one that this configuration starts. */
  server: string | undefined
}

/**
 * Asks a running server; what goes wrong is printed.
 * @returns its answer, or the exit code
 */
export async function callApi(call: ApiCall, io: CommandEnvironment): Promise<{ answer: unknown } | number> {
  const server = await serverUrl(call.server, io)
  if (typeof server === 'number') return server
  const headers = { 'content-type': 'application/json', ...keyHeader(io) }
  let response: Response
  try {
    response = await fetch(new URL(call.path, server), {
      method: call.method,
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    })
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    io.stderr(
      `No server answers at ${server.href}: ${cause}. Give the address of a running one with --server.\n`,
    )
    return exitCodes.failed
  }
  const told = (await response.json().catch(() => ({}))) as { detail?: string }
  if (response.ok) return { answer: told }
  io.stderr(`${told.detail ?? `the server answered ${response.status}`}${keyHint(response.status)}\n`)
  return response.status >= 400 && response.status < 500 ? exitCodes.usage : exitCodes.failed
}

/** The server speaks of headers; a command sends them, and is given the key by its environment. */
export function keyHint(status: number): string {
  return status === 401 ? ' Commands send the key that stands in DARKROOM_API_KEY.' : ''
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
