import { pino } from 'pino'
import { createPlatform, parseConfig } from '@darkroom/server'
import type { Platform } from '@darkroom/server'
import { main } from '../../packages/server/src/cli/main.ts'
import { makeDataDir, removeDataDir } from './server-process.ts'

/** A platform that asks for keys, in this process, with what a test needs of it. */
export interface AccessPlatform {
  readonly platform: Platform
  readonly dataDir: string
  /** The operator's key. */
  readonly admin: string
  /** All that was logged so far. */
  logged(): string
  /** Asks with a key; without one where it is `undefined`. */
  ask(key: string | undefined, path: string, init?: AskInit): Promise<Response>
  /** Makes a key as an administrator. @returns its text */
  makeKey(body: Record<string, unknown>): Promise<string>
  setScope(body: Record<string, unknown>): Promise<void>
  close(): Promise<void>
}

export interface AskInit {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Runs a command in this process. */
export async function command(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const code = await main(args, {
    environment,
    stdout: (text) => (printed.stdout += text),
    stderr: (text) => (printed.stderr += text),
  })
  return { code, ...printed }
}

export async function startAccessPlatform(
  environment: Record<string, string> = {},
  now?: () => number,
): Promise<AccessPlatform> {
  const dataDir = await makeDataDir()
  const logged: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) })
  const settings = { DARKROOM_DATA: dataDir, DARKROOM_AUTH: 'on', ...environment }
  const platform = await createPlatform({
    config: parseConfig(settings),
    log,
    ...(now === undefined ? {} : { now }),
  })
  const { stdout } = await command(['keys', 'create', '--admin', '--name', 'operator'], settings)
  const admin = stdout.trim()
  const ask: AccessPlatform['ask'] = (key, path, init = {}) => {
    const headers = new Headers(init.headers)
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
    const body = init.body === undefined ? undefined : JSON.stringify(init.body)
    if (body !== undefined) headers.set('content-type', 'application/json')
    const url = new URL(path, 'http://pictures.example')
    return platform.fetch(
      new Request(url, {
        method: init.method ?? (body === undefined ? 'GET' : 'POST'),
        headers,
        ...(body === undefined ? {} : { body }),
        ...(init.signal === undefined ? {} : { signal: init.signal }),
      }),
    )
  }
  return {
    platform,
    dataDir,
    admin,
    logged: () => logged.join(''),
    ask,
    makeKey: async (body) => {
      const answer = await ask(admin, '/v1/keys', { body })
      if (answer.status !== 201) throw new Error(await answer.text())
      return ((await answer.json()) as { secret: string }).secret
    },
    setScope: async (body) => {
      const answer = await ask(admin, '/v1/scopes', { body })
      if (answer.status !== 200) throw new Error(await answer.text())
    },
    close: async () => {
      await platform.close()
      await removeDataDir(dataDir)
    },
  }
}
