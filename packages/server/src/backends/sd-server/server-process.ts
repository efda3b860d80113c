import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeFetch } from '../wire/node-fetch.ts'
import type { ServerOutput } from './server-output.ts'
import { createServerOutput } from './server-output.ts'

/** A model server that was started as a child. */
export interface ServerProcess {
  /** With `/v1`. */
  readonly baseUrl: string
  readonly output: ServerOutput
  /** Settles with why, when it has ended, wanted or not. */
  readonly ended: Promise<string>
  readonly hasEnded: boolean
  /** Settles when the server answers HTTP, or has ended. @throws the signal's reason */
  answers(signal: AbortSignal): Promise<void>
  /** Ends it and what it has started. */
  stop(): Promise<void>
}

const guardian = fileURLToPath(new URL(`guardian${extname(import.meta.filename)}`, import.meta.url))

/** A port that is free now. Should another take it first, the server ends, and the next start takes another. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Starts a command under a guardian that ends it with this process, however this process ends.
 * @param command words; `{port}` in them becomes the port, else stable-diffusion.cpp's options are added
 */
export async function startServerProcess(command: readonly string[]): Promise<ServerProcess> {
  const port = await freePort()
  const words = command.map((word) => word.replaceAll('{port}', String(port)))
  const named = command.some((word) => word.includes('{port}'))
  const all = named ? words : [...words, '--listen-ip', '127.0.0.1', '--listen-port', String(port)]
  const child = spawn(process.execPath, [guardian, ...all], { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = createServerOutput()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => output.write(chunk))
  }
  // Without a reader at the other end, writing fails; nothing is ever written.
  child.stdin.on('error', () => {})
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  let hasEnded = false
  const finish = (why: string): void => {
    hasEnded = true
    resolve(why)
  }
  child.on('error', (error) => finish(error.message))
  // `close` and not `exit`: its last words are read by then.
  child.on('close', (code) =>
    finish(`it ended with ${code ?? 'a signal'}: ${output.lastLine() ?? 'it said nothing'}`),
  )
  const origin = `http://127.0.0.1:${port}`
  return {
    baseUrl: `${origin}/v1`,
    output,
    ended,
    get hasEnded() {
      return hasEnded
    },
    async answers(signal) {
      while (!hasEnded) {
        signal.throwIfAborted()
        if (await isListening(`${origin}/v1/models`, signal)) return
        await wait(100, undefined, { signal })
      }
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

async function isListening(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)])
    const response = await nodeFetch(new URL(url), {
      method: 'GET',
      headers: {},
      signal: limit,
      redirect: 'manual',
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    signal.throwIfAborted()
    return false
  }
}
