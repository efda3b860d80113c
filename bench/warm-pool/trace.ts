import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Requests in the order of their arrival: one entry of each array a request. */
export interface Arrivals {
  /** Seconds since `startS`. */
  atS: Float64Array
  /** Seconds of a worker's time. */
  serviceS: Float64Array
  /** Index into `models`. */
  model: Uint16Array
  models: readonly string[]
  /** Seconds to load each of `models`. */
  loadS: Float64Array
  /** Unix seconds of the first midnight: times of day are whole days from it. */
  startS: number
  /** Whole days, in seconds. */
  lengthS: number
}

const dayS = 86_400

/** Names under which traces carry what is replayed, the most exact first. */
const columns = {
  at: ['t_unix', 'gmt_create', 'time', 'timestamp', 'arrived_at', 'at', 't', 'arrival'],
  service: ['service_seconds', 'exec_time_seconds', 'service_s', 'duration_s', 'duration', 'service'],
  model: ['model', 'checkpoint_model_version_id', 'model_id', 'function'],
  load: ['load_seconds', 'load_s'],
} as const

type Row = readonly [atS: number, serviceS: number, model: string, loadS: number]

/** The folder of traces: `DARKROOM_TRACE_DIR`, else `../shared/data` beside the repository. */
export function traceDir(): string {
  const named = process.env['DARKROOM_TRACE_DIR']
  return named === undefined || named === ''
    ? resolve(import.meta.dirname, '../../../shared/data')
    : resolve(named)
}

/**
 * All files of one name's beginning as one trace.
 * @throws Error when there is none, or one lacks a column
 */
export function readTrace(folder: string, prefix: string = 'diffusion-requests-'): Arrivals {
  const files = readdirSync(folder).filter((name) => name.startsWith(prefix) && /\.csv(?:\.gz)?$/u.test(name))
  if (files.length === 0) {
    throw new Error(`${folder} holds no ${prefix}*.csv.gz; DARKROOM_TRACE_DIR names another folder.`)
  }
  return arrivalsOf(files.toSorted().flatMap((name) => readRows(join(folder, name))))
}

/** One file as a trace: CSV with a header, gzipped or not. */
export function readTraceFile(path: string): Arrivals {
  return arrivalsOf(readRows(path))
}

function readRows(path: string): Row[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const [header = '', ...lines] = text.split(/\r?\n/u)
  const names = header.split(',').map((name) => name.trim())
  const [at, service, model, load] = Object.values(columns).map((known) =>
    names.findIndex((name) => (known as readonly string[]).includes(name)),
  )
  if (at === undefined || at < 0 || service === undefined || service < 0) {
    throw new Error(
      `${path}: it needs a column of ${columns.at.join(', ')} and one of ${columns.service.join(', ')}`,
    )
  }
  const rows: Row[] = []
  for (const line of lines) {
    if (line === '') continue
    const cells = line.split(',')
    const atS = secondsOf(cells[at] ?? '')
    const serviceS = Number(cells[service])
    if (!Number.isFinite(atS) || !(serviceS > 0)) continue
    const name = cells[model ?? -1]?.trim()
    rows.push([
      atS,
      serviceS,
      name === undefined || name === '' ? 'one' : name,
      Number(cells[load ?? -1] ?? Number.NaN),
    ])
  }
  return rows
}

/** Unix seconds; a date without a zone is read as UTC: all that matters is that days stay days. */
function secondsOf(cell: string): number {
  const number = Number(cell)
  if (Number.isFinite(number)) return number > 1e11 ? number / 1000 : number
  return (
    Date.parse(
      `${cell
        .trim()
        .replace(' ', 'T')
        .replace(/(?:Z|\+00:00)$/u, '')}Z`,
    ) / 1000
  )
}

/** @throws Error where nothing can be replayed */
export function arrivalsOf(rows: readonly Row[]): Arrivals {
  const sorted = rows.toSorted((a, b) => a[0] - b[0])
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) throw new Error('the trace holds no request that was served')
  const startS = Math.floor(first[0] / dayS) * dayS
  const models: string[] = []
  const loads: number[] = []
  const indexes = new Map<string, number>()
  const model = Uint16Array.from(sorted, ([, , name, loadS]) => {
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
