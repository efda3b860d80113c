import { createPlatform } from '../platform.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { keyHeader, keyHint } from './api-call.ts'
import { createCommandLog, readConfig } from './read-config.ts'

/** A picture as commands ask for it; texts as they stand on the command line. */
export interface PictureAsk {
  prompt: string
  size: string
  seed: string
  model?: string | undefined
  negative?: string | undefined
  style?: string | undefined
  /** A running server; without it the platform is started for this one picture. */
  url?: string | undefined
}

/** A picture that was made, or found. */
export interface MadePicture {
  id: string
  bytes: Uint8Array
  warnings: readonly string[]
  /** As the API answered. */
  record: object
}

type Fetch = (request: Request) => Promise<Response>

/**
 * One picture through the same API that everyone uses.
 * @param format of the bytes; undefined: as it is stored
 * @returns the exit code when there is none; why has been printed
 */
export async function generatePicture(
  ask: PictureAsk,
  format: string | undefined,
  io: CommandEnvironment,
  signal?: AbortSignal,
): Promise<MadePicture | number> {
  if (ask.url !== undefined) {
    if (!URL.canParse(ask.url)) {
      io.stderr(`--url ${ask.url} is no URL.\n`)
      return exitCodes.usage
    }
    return await generateAt(ask.url, ask, format, io, signal)
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const log = createCommandLog(io)
  let platform
  try {
    // No socket is open: whoever runs this command owns the data folder, and needs no key to it.
    platform = await createPlatform({
      config: { ...config, access: { ...config.access, mode: 'off' } },
      log,
    })
  } catch (error) {
    io.stderr(`${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof Error && 'code' in error && error.code === 'DATA_IN_USE') {
      io.stderr(
        `A server is running on this data folder: add --url with its address${config.port === 0 ? '' : ` (http://127.0.0.1:${config.port})`} to use it.\n`,
      )
    }
    return exitCodes.failed
  }
  try {
    return await generate(ask, format, 'http://127.0.0.1', (request) => platform.fetch(request), io, signal)
  } finally {
    await platform.close()
  }
}

/** At a running server. That none answers, or something else does, is said in a sentence. */
async function generateAt(
  url: string,
  ask: PictureAsk,
  format: string | undefined,
  io: CommandEnvironment,
  signal: AbortSignal | undefined,
): Promise<MadePicture | number> {
  try {
    return await generate(ask, format, url, fetch, io, signal)
  } catch (error) {
    if (signal?.aborted === true) throw error
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    io.stderr(`No Darkroom answers at ${url}: ${cause}. Give the address of a running one with --url.\n`)
    return exitCodes.failed
  }
}

async function generate(
  { prompt, size, seed, model, negative, style }: PictureAsk,
  format: string | undefined,
  baseUrl: string,
  send: Fetch,
  io: CommandEnvironment,
  signal: AbortSignal | undefined,
): Promise<MadePicture | number> {
  const sendUntilAborted = (path: string, init: RequestInit): Promise<Response> =>
    untilAborted(send(new Request(new URL(path, baseUrl), { ...init, signal: signal ?? null })), signal)
  const answer = await sendUntilAborted('/v1/generations', {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=120', ...keyHeader(io) },
    body: JSON.stringify({ prompt, size, seed: Number(seed), model, negative, style }),
  })
  const record = (await answer.json()) as {
    images?: { id: string; url: string | null; warnings: string[] }[]
    detail?: string
  }
  const image = record.images?.[0]
  if (answer.status !== 201 || image === undefined || image.url === null) {
    io.stderr(`${record.detail ?? `the server answered ${answer.status}`}${keyHint(answer.status)}\n`)
    return answer.status >= 400 && answer.status < 500 ? exitCodes.usage : exitCodes.failed
  }
  const query = format === undefined ? '' : `?format=${format}`
  const picture = await sendUntilAborted(`/images/${image.id}${query}`, { headers: keyHeader(io) })
  if (!picture.ok) {
    io.stderr(`the picture could not be read back: ${picture.status}\n`)
    return exitCodes.failed
  }
  const bytes = new Uint8Array(await picture.arrayBuffer())
  return { id: image.id, bytes, warnings: image.warnings, record }
}

/** A handler that is called without a socket does not hear of aborts. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  const left = Promise.withResolvers<never>()
  const leave = (): void => left.reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
