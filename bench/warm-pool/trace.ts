import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BenchInputError } from '../result.ts'
import { readTraceRows } from './trace-file.ts'
import type { TraceRow } from './trace-file.ts'

/** Requests in the order of their arrival: one entry of each array a request. */
export interface Arrivals {
  /** Seconds since `startS`. */
  atS: Float64Array
  /** Seconds of a worker's time. */
  serviceS: Float64Array
  /** Index into `models`. */
  model: Uint32Array
  models: readonly string[]
  /** Seconds to load each of `models`. */
  loadS: Float64Array
  /** Unix seconds of the first midnight: times of day are whole days from it. */
  startS: number
  /** Whole days, in seconds. */
  lengthS: number
}

const dayS = 86_400

/** The folder of traces: `DARKROOM_TRACE_DIR`, else `../shared/data` beside the repository. */
export function traceDir(): string {
  const named = process.env['DARKROOM_TRACE_DIR']
  return named === undefined || named === ''
    ? resolve(import.meta.dirname, '../../../shared/data')
    : resolve(named)
}

/** Requests that can be replayed, and what was left out of them. */
export interface Trace {
  name: string
  files: readonly { file: string; requests: number; skipped: Record<string, number> }[]
  /** `undefined` where there is nothing to replay. */
  arrivals: Arrivals | undefined
}

/** Files that are parts of one trace. */
const parts = 'diffusion-requests-'

/**
 * The traces of a folder: all files that begin with `diffusion-requests-` are one; where the folder was named by
 * DARKROOM_TRACE_DIR, each other table with times and services is another.
 * @throws Error when there is none
 */
export function readTraces(folder: string): Trace[] {
  const tables = readdirSync(folder)
    .filter((name) => /\.(?:csv|tsv)(?:\.gz)?$/u.test(name))
    .toSorted()
  const together = tables.filter((name) => name.startsWith(parts))
  const alone = process.env['DARKROOM_TRACE_DIR'] ? tables.filter((name) => !name.startsWith(parts)) : []
  const groups = [...(together.length > 0 ? [together] : []), ...alone.map((name) => [name])]
  const traces = groups.flatMap((group) => {
    try {
      return [traceOf(group.map((name) => join(folder, name)))]
    } catch (error) {
      // Other tables may stand in the folder: those without times and services are named, and left.
      process.stderr.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`)
      return []
    }
  })
  if (traces.length > 0) return traces
  throw new BenchInputError(
    `${folder} holds no trace (*.csv, *.csv.gz); DARKROOM_TRACE_DIR names another folder.`,
  )
}

/** Files as one trace. @throws Error when one cannot be read, or lacks a time or a service */
export function traceOf(paths: readonly string[]): Trace {
  const readings = paths.map(readTraceRows)
  const rows = readings.flatMap((each) => each.rows)
  return {
    name: readings.map(({ file }) => file).join(', '),
    files: readings.map(({ file, rows: { length }, skipped }) => ({ file, requests: length, skipped })),
    arrivals: rows.length === 0 ? undefined : arrivalsOf(rows),
  }
}

/** The days of a trace, the first is 1: as a trace of its own, one after the other. */
export function daysOf(arrivals: Arrivals, wanted: (day: number) => boolean): Arrivals | undefined {
  const places = new Map<number, number>()
  for (let day = 0; day * dayS < arrivals.lengthS; day += 1) if (wanted(day + 1)) places.set(day, places.size)
  const rows: TraceRow[] = []
  arrivals.atS.forEach((atS, index) => {
    const place = places.get(Math.floor(atS / dayS))
    const model = arrivals.model[index] ?? 0
    if (place === undefined) return
    rows.push([
      arrivals.startS + place * dayS + (atS % dayS),
      arrivals.serviceS[index] ?? 0,
      arrivals.models[model] ?? '',
      arrivals.loadS[model] ?? 0,
    ])
  })
  return rows.length === 0 ? undefined : arrivalsOf(rows)
}

/** @throws Error where nothing can be replayed */
export function arrivalsOf(rows: readonly TraceRow[]): Arrivals {
  const sorted = rows.toSorted((a, b) => a[0] - b[0])
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) throw new Error('the trace holds no request that was served')
  const startS = Math.floor(first[0] / dayS) * dayS
  const models: string[] = []
  const loads: number[] = []
  const indexes = new Map<string, number>()
  const model = Uint32Array.from(sorted, ([, , name, loadS]) => {
    const known = indexes.get(name)
    if (known !== undefined) return known
    indexes.set(name, models.length)
    loads.push(Number.isFinite(loadS) ? loadS : defaultLoadS(name))
    return models.push(name) - 1
  })
  return {
    atS: Float64Array.from(sorted, (row) => row[0] - startS),
    serviceS: Float64Array.from(sorted, (row) => row[1]),
    model,
    models,
    loadS: Float64Array.from(loads),
    startS,
    lengthS: Math.ceil((last[0] - startS + 1) / dayS) * dayS,
  }
}

/** Where a trace does not say it: 4 to 12 s, what a checkpoint of 2 to 7 GB takes from a local disk, by the model's name. */
function defaultLoadS(model: string): number {
  let hash = 2_166_136_261
  for (const letter of model) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0
  return 4 + (hash % 801) / 100
}

/** Mean number of workers that are at work, if none ever waits. */
export function meanLoad(arrivals: Arrivals): number {
  let sum = 0
  for (const each of arrivals.serviceS) sum += each
  return sum / arrivals.lengthS
}
