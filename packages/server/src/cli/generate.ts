import { formatOfExtension } from '@darkroom/picture'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { createPlatform } from '../platform.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { keyHeader } from './purge.ts'
import { createLog, readConfig } from './start.ts'

export interface GenerateOptions {
  prompt: string
  output: string
  size: string
  seed: string
  model?: string
  negative?: string
  style?: string
  /** A running server; without it the platform is started for this one picture. */
  url?: string
  json: boolean
}

type Fetch = (request: Request) => Promise<Response>

/** `darkroom generate`: one picture into one file, through the same API that everyone uses. */
export async function generateCommand(options: GenerateOptions, io: CommandEnvironment): Promise<number> {
  const format = formatOfExtension(extname(options.output).slice(1).toLowerCase())
  if (format === undefined) {
    io.stderr(`${options.output}: the file must end in .jpg, .png, .webp or .avif.\n`)
    return exitCodes.usage
  }
  const folder = dirname(resolve(options.output))
  if (!existsSync(folder)) {
    io.stderr(`${options.output}: there is no folder ${folder}.\n`)
    return exitCodes.failed
  }
  if (options.url !== undefined) {
    if (!URL.canParse(options.url)) {
      io.stderr(`--url ${options.url} is no URL.\n`)
      return exitCodes.usage
    }
    return await generate(options, format, options.url, fetch, io)
  }
  const config = await readConfig(io)
  if (config === undefined) return exitCodes.failed
  const log = createLog({ logLevel: io.environment['DARKROOM_LOG_LEVEL'] ?? 'warn' }, false)
  let platform
  try {
    // No socket is open: whoever runs this command owns the data folder, and needs no key to it.
    platform = await createPlatform({ config: { ...config, access: { ...config.access, mode: 'off' } }, log })
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
    return await generate(options, format, 'http://127.0.0.1', (request) => platform.fetch(request), io)
  } finally {
    await platform.close()
  }
}

async function generate(
  options: GenerateOptions,
  format: string,
  baseUrl: string,
  send: Fetch,
  io: CommandEnvironment,
): Promise<number> {
  const { prompt, size, seed, model, negative, style } = options
  const body = { prompt, size, seed: Number(seed), model, negative, style }
  const answer = await send(
    new Request(new URL('/v1/generations', baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=120', ...keyHeader(io) },
      body: JSON.stringify(body),
    }),
  )
  const record = (await answer.json()) as {
    images?: { id: string; url: string | null; warnings: string[] }[]
    detail?: string
  }
  const image = record.images?.[0]
  if (answer.status !== 201 || image === undefined || image.url === null) {
    io.stderr(`${record.detail ?? `the server answered ${answer.status}`}\n`)
    return answer.status >= 400 && answer.status < 500 ? exitCodes.usage : exitCodes.failed
  }
  const picture = await send(
    new Request(new URL(`/images/${image.id}?format=${format}`, baseUrl), { headers: keyHeader(io) }),
  )
  if (!picture.ok) {
    io.stderr(`the picture could not be read back: ${picture.status}\n`)
    return exitCodes.failed
  }
  const bytes = new Uint8Array(await picture.arrayBuffer())
  try {
    await writeFile(options.output, bytes)
  } catch (error) {
    io.stderr(
      `${error instanceof Error ? error.message : String(error)}; the picture is kept as ${image.id}\n`,
    )
    return exitCodes.failed
  }
  if (options.json) io.stdout(`${JSON.stringify(record)}\n`)
  else io.stdout(`${options.output}: ${size}, ${bytes.byteLength} bytes (${image.id})\n`)
  for (const warning of image.warnings) io.stderr(`note: ${warning}\n`)
  return exitCodes.done
}
