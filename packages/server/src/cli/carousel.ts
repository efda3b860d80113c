import { createCarouselMaker } from '@darkroom/carousel'
import type { CarouselWork } from '@darkroom/carousel'
import { stat } from 'node:fs/promises'
import { ConfigError, parseVariables } from '../config-variable.ts'
import { variables } from '../config.ts'
import { carouselDocument, sumOf } from './carousel/carousel-document.ts'
import type { CarouselDesign, DesignOptions } from './carousel/carousel-design.ts'
import { nameOfSize, readDesign } from './carousel/carousel-design.ts'
import { carouselFault } from './carousel/carousel-fault.ts'
import type { Made } from './carousel/make-slides.ts'
import { makeSlides } from './carousel/make-slides.ts'
import { createProgress } from './carousel/progress.ts'
import { UsageError } from './carousel/usage-error.ts'
import { writeArchives } from './carousel/write-archives.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { generatePicture } from './generate-picture.ts'
import { stopSignal } from './stop-signal.ts'

/** Options of `darkroom carousel` as commander gives them. */
export interface CarouselCommandOptions extends DesignOptions {
  /** The base: a path or a URL. */
  source?: string | undefined
  /** The base is generated. */
  prompt?: string
  seed?: string
  model?: string
  /** A running server that generates it. */
  url?: string | undefined
  output: string
  zip: boolean
  pdf: boolean
  json: boolean
}

/**
 * `darkroom carousel`: one photograph and a file of texts become slides in a folder, each written as it is
 * finished. No server and no database, but for a base that is generated first.
 */
export async function carouselCommand(
  options: CarouselCommandOptions,
  io: CommandEnvironment,
  createMaker: typeof createCarouselMaker = createCarouselMaker,
): Promise<number> {
  const plan = await readPlan(options, io)
  if (typeof plan === 'number') return plan
  const stop = stopSignal({ warn: (text) => io.stderr(`${text}\n`) })
  const stopping = new AbortController()
  void stop.requested.then(() => stopping.abort(new Error('stopped')))
  try {
    return await make(options, plan, io, stopping.signal, createMaker)
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    io.stderr('Stopped: nothing was made.\n')
    return exitCodes.stopped
  } finally {
    stop.forget()
  }
}

interface Plan {
  design: CarouselDesign
  allow: readonly string[]
}

/** Everything that can be wrong before anything is fetched; its first fault printed. */
async function readPlan(options: CarouselCommandOptions, io: CommandEnvironment): Promise<Plan | number> {
  try {
    if ((options.source === undefined) === (options.prompt === undefined)) {
      throw new UsageError('Give a base: a file or a URL, or --prompt with what it should show.')
    }
    const stray = (['seed', 'model', 'url'] as const).find((name) => options[name] !== undefined)
    if (options.prompt === undefined && stray !== undefined) {
      throw new UsageError(`--${stray} belongs to --prompt; leave it out.`)
    }
    await checkOutput(options.output)
    const { DARKROOM_OUTBOUND_ALLOW } = variables
    const allow = parseVariables({ DARKROOM_OUTBOUND_ALLOW }, io.environment).DARKROOM_OUTBOUND_ALLOW
    return { design: await readDesign(options), allow }
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error
    io.stderr(`${error.message}\n`)
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}

/** A file in the place of the folder would be found after everything had been made. @throws UsageError */
async function checkOutput(output: string): Promise<void> {
  const found = await stat(output).catch(() => undefined)
  if (found !== undefined && !found.isDirectory()) {
    throw new UsageError(`--output: ${output} is a file; name a folder.`)
  }
}

/** Makes, reports, and resolves with the exit code. */
async function make(
  options: CarouselCommandOptions,
  { design, allow }: Plan,
  io: CommandEnvironment,
  signal: AbortSignal,
  createMaker: typeof createCarouselMaker,
): Promise<number> {
  const base = await baseOf(options, design, io, signal)
  if (typeof base === 'number') return base
  const startedAtMs = performance.now()
  await using maker = createMaker({ outbound: { allow } })
  const progress = createProgress(io, design.slides.length * design.sizes.length, options.json)
  const { output, zip, pdf } = options
  const archives: string[] = []
  let made: Made | undefined
  let error: unknown
  try {
    made = await makeSlides({ maker, base, design, output, progress, signal })
    error = made.error
    if (error === undefined) {
      const beside = { zip, pdf, theme: design.theme, baseHash: made.base?.hash, signal }
      for (const [index, size] of made.sizes.entries()) {
        archives.push(...(await writeArchives(size, made.works[index], beside)))
      }
    }
  } catch (reason) {
    error = reason
  } finally {
    progress.end()
  }
  const tookMs = performance.now() - startedAtMs
  return report({ options, made, archives, error, isStopped: signal.aborted, tookMs }, io)
}

/** The base itself where it is generated: all that follows is the same. */
async function baseOf(
  { source, prompt, seed = '0', model, url }: CarouselCommandOptions,
  { sizes }: CarouselDesign,
  io: CommandEnvironment,
  signal: AbortSignal,
): Promise<Uint8Array | string | number> {
  if (prompt === undefined) return source ?? ''
  const largest = sizes.toSorted((a, b) => b.widthPx * b.heightPx - a.widthPx * a.heightPx)[0]
  const size = largest === undefined ? '' : nameOfSize(largest)
  const made = await generatePicture({ prompt, size, seed, model, url }, undefined, io, signal)
  if (typeof made === 'number') return made
  for (const warning of made.warnings) io.stderr(`note: ${warning}\n`)
  return made.bytes
}

interface Ending {
  options: CarouselCommandOptions
  made: Made | undefined
  archives: string[]
  error: unknown
  isStopped: boolean
  tookMs: number
}

/** Says how it ended; resolves to the exit code. */
function report(
  { options, made, archives, error, isStopped, tookMs }: Ending,
  io: CommandEnvironment,
): number {
  const slides = made?.sizes.flatMap((size) => size.slides.toSorted((a, b) => a.index - b.index)) ?? []
  const done = slides.filter(({ status }) => status === 'done').length
  const isWhole = error === undefined && done === slides.length
  const status = isStopped ? 'cancelled' : isWhole ? 'done' : 'failed'
  const works = made?.works ?? []
  if (options.json && made?.base !== undefined) {
    io.stdout(`${JSON.stringify(carouselDocument(status, made.base, slides, archives, works))}\n`)
  }
  if (isStopped) {
    io.stderr(`Stopped: ${done} ${done === 1 ? 'slide is' : 'slides are'} in ${options.output}.\n`)
    return exitCodes.stopped
  }
  if (error !== undefined) {
    const { message, exitCode } = carouselFault(error, options.source ?? 'the base', options.slides)
    io.stderr(`${message}\n`)
    return exitCode
  }
  if (!options.json) {
    for (const file of archives) io.stdout(`${file}\n`)
    io.stdout(`${done} of ${slides.length} slides in ${Math.round(tookMs)} ms: ${workWords(works)}\n`)
  }
  return isWhole ? exitCodes.done : exitCodes.failed
}

/** `1 fetch, 1 decode, 1 analysis, 6 overlays, 6 encodes`. */
function workWords(works: readonly CarouselWork[]): string {
  const { fetches, decodes, analyses, overlays, encodes } = sumOf(works)
  const counted = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`
  return [
    counted(fetches.ran, 'fetch', 'fetches'),
    counted(decodes.ran, 'decode', 'decodes'),
    counted(analyses.ran, 'analysis', 'analyses'),
    counted(overlays.ran, 'overlay', 'overlays'),
    counted(encodes.ran, 'encode', 'encodes'),
  ].join(', ')
}
