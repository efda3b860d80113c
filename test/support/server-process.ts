import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const bin = new URL('../../packages/server/bin/darkroom.js', import.meta.url).pathname

/** The whole platform as a process of its own, as a user starts it. */
export interface ServerProcess {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  /** All that it has printed so far. */
  output(): string
  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>
}

export interface ServerSettings {
  dataDir: string
  /** Default `all`. */
  role?: 'all' | 'gateway' | 'worker' | 'predictor'
  environment?: Record<string, string>
  /** A command that runs it: a network namespace's. It must become it, so that signals arrive. */
  wrapper?: readonly string[]
}

/** A data folder that a test may fill; a PostgreSQL that drops its rights must be able to reach it. */
export async function makeDataDir(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'darkroom-test-'))
}

export async function removeDataDir(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

/** Starts a server on a free port and resolves when it has printed its address. Rejects when it ends before. */
export async function startServer(settings: ServerSettings): Promise<ServerProcess> {
  const [program, ...args] = [
    ...(settings.wrapper ?? []),
    process.execPath,
    bin,
    'start',
    '--role',
    settings.role ?? 'all',
  ]
  const child = spawn(program, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      PORT: '0',
      DARKROOM_DATA: settings.dataDir,
      DARKROOM_LOG_LEVEL: 'warn',
      ...settings.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: string[] = []
  const url = Promise.withResolvers<string>()
  const hear = (chunk: Buffer): void => {
    printed.push(chunk.toString())
    const match = /^ {2}(?:open|health)\s+(http:\/\/\S+?)\/(?:readyz)?$/mu.exec(printed.join(''))
    if (match?.[1] !== undefined) url.resolve(match[1])
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('exit', (code) => url.reject(new Error(`the server ended with ${code}:\n${printed.join('')}`)))
  return {
    url: await url.promise,
    pid: child.pid ?? 0,
    dataDir: settings.dataDir,
    output: () => printed.join(''),
    end: (signal) => endProcess(child, signal),
  }
}

async function endProcess(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code, endedBy] = (await exit) as [number | null, NodeJS.Signals | null]
  return code ?? endedBy
}

/**
 * Stops what a kill -9 left: the postmaster outlives its owner on purpose, so a test starts the server once more
 * and ends it properly.
 */
export async function cleanUp(dataDir: string): Promise<void> {
  await stopDatabase(dataDir)
  await removeDataDir(dataDir)
}

/** Ends the database that a kill -9 of its owner left. */
export async function stopDatabase(dataDir: string): Promise<void> {
  const server = await startServer({ dataDir, role: 'gateway' }).catch(() => undefined)
  await server?.end('SIGTERM')
}

/** Repeats a question until the answer is there; between two of them the server gets time to work. */
export async function until<T>(ask: () => Promise<T | undefined>, timeoutMs: number = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`no answer within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** The SHA-256 of an answer's body: pictures are compared by it, since a diff of a megabyte helps nobody. */
export async function bodyHash(response: Response): Promise<string> {
  return hash('sha256', new Uint8Array(await response.arrayBuffer()), 'hex')
}
