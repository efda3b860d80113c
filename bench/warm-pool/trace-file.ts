import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { BenchInputError } from '../result.ts'

/** One request of a trace: when, for how long, of which model, and how long that takes to load (NaN: not said). */
export type TraceRow = readonly [atS: number, serviceS: number, model: string, loadS: number]

/** What was read from a file, and how many of its lines were left out, by reason. */
export interface TraceReading {
  file: string
  rows: TraceRow[]
  skipped: Record<string, number>
}

interface Columns {
  at: number
  service: number
  model: number
  load: number
  /** What a unit of the column is in seconds. */
  atUnitS: number
  serviceUnitS: number
}

/** Names under which traces carry what is replayed, the most exact first; `_ms` at the end says milliseconds. */
const names = {
  at: [
    't_unix',
    'gmt_create',
    'time',
    'timestamp',
    'arrived_at',
    'arrival_time',
    'arrival',
    'created_at',
    'start_time',
    'datetime',
    'date',
    'time_s',
    'seconds',
    'at',
    'ts',
    't',
  ],
  service: [
    'service_seconds',
    'exec_time_seconds',
    'service_s',
    'service_time',
    'service',
    'duration_seconds',
    'duration_s',
    'duration',
    'exec_time',
    'execution_time',
    'runtime',
    'gpu_seconds',
  ],
  model: ['model', 'checkpoint_model_version_id', 'model_id', 'model_name', 'function', 'func', 'app'],
  load: ['load_seconds', 'load_s', 'load_time', 'load'],
} as const
const daysApart = 400

/**
 * A table with a header, or without one if its first columns are time, service and model; separated by commas,
 * semicolons or tabs; gzipped or not. Times are Unix or relative seconds, milliseconds, or dates.
 * @throws BenchInputError when a file cannot be read, or lacks a time or a service
 */
export function readTraceRows(path: string): TraceReading {
  const bytes = bytesOf(path)
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const text = (gzipped ? gunzipSync(bytes) : bytes).toString('utf8').replace(/^\uFEFF/u, '')
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '')
  const reading: TraceReading = { file: basename(path), rows: [], skipped: {} }
  const [header] = lines
  if (header === undefined) return reading
  const separator = [',', '\t', ';'].find((each) => header.includes(each)) ?? ','
  const first = cellsOf(header, separator)
  const headless = Number.isFinite(secondsOf(first[0] ?? '')) && Number.isFinite(numberOf(first[1]))
  const columns = headless ? plain : columnsOf(first)
  if (columns === undefined) {
    throw new BenchInputError(
      `${path} is no trace: it needs a column with the time of each request (as t_unix, time, timestamp) and one with the seconds that it takes a worker (as service_seconds, duration, duration_ms). Its first line is: ${header.slice(0, 100)}`,
    )
  }
  for (const line of headless ? lines : lines.slice(1)) {
    const row = rowOf(cellsOf(line, separator), columns)
    if (typeof row === 'string') reading.skipped[row] = (reading.skipped[row] ?? 0) + 1
    else reading.rows.push(row)
  }
  return withoutStrays(reading)
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new BenchInputError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const plain: Columns = { at: 0, service: 1, model: 2, load: 3, atUnitS: 1, serviceUnitS: 1 }

function columnsOf(header: readonly string[]): Columns | undefined {
  const found = header.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/gu, '_')
      .replaceAll(/^_|_$/gu, ''),
  )
  const column = (known: readonly string[]): { at: number; unitS: number } => {
    for (const name of known) {
      if (found.includes(name)) return { at: found.indexOf(name), unitS: 1 }
      const inMs = found.indexOf(`${name.replace(/_(?:s|seconds)$/u, '')}_ms`)
      if (inMs >= 0) return { at: inMs, unitS: 0.001 }
    }
    return { at: -1, unitS: 1 }
  }
  const [at, service] = [column(names.at), column(names.service)]
  if (at.at < 0 || service.at < 0) return undefined
  return {
    at: at.at,
    service: service.at,
    model: column(names.model).at,
    load: column(names.load).at,
    atUnitS: at.unitS,
    serviceUnitS: service.unitS,
  }
}

/** @returns a request, or why there is none */
function rowOf(cells: readonly string[], columns: Columns): TraceRow | string {
  const atCell = cells[columns.at] ?? ''
  const number = numberOf(atCell)
  // A column that says milliseconds is believed; else what is too large for seconds is told by its size.
  const atS = columns.atUnitS !== 1 && Number.isFinite(number) ? number * columns.atUnitS : secondsOf(atCell)
  if (!Number.isFinite(atS)) return 'without a time'
  const serviceS = numberOf(cells[columns.service]) * columns.serviceUnitS
  if (!Number.isFinite(serviceS)) return 'without a service time'
  if (serviceS <= 0) return 'with a service time that is not above nothing'
  const name = cells[columns.model]?.trim()
  const loadS = numberOf(cells[columns.load])
  return [atS, serviceS, name === undefined || name === '' ? 'one' : name, loadS >= 0 ? loadS : Number.NaN]
}

/** A few rows of another age, as a time of 0 among those of 2024, would make a trace of decades. */
function withoutStrays(reading: TraceReading): TraceReading {
  const times = Float64Array.from(reading.rows, ([atS]) => atS).toSorted()
  const middle = times[times.length >> 1] ?? 0
  const rows = reading.rows.filter(([atS]) => Math.abs(atS - middle) <= daysApart * 86_400)
  const strays = reading.rows.length - rows.length
  if (strays === 0) return reading
  const skipped = { ...reading.skipped, [`more than ${daysApart} days from the others`]: strays }
  return { ...reading, rows, skipped }
}

function numberOf(cell: string | undefined): number {
  const trimmed = cell?.trim() ?? ''
  return trimmed === '' ? Number.NaN : Number(trimmed)
}

/** Seconds; a date without a zone is read as UTC: all that matters is that days stay days. */
function secondsOf(cell: string): number {
  const number = numberOf(cell)
  if (Number.isFinite(number)) {
    if (number > 1e17) return number / 1e9
    if (number > 1e14) return number / 1e6
    return number > 1e11 ? number / 1000 : number
  }
  const date = cell.trim().replace(' ', 'T')
  if (!/^\d{4}-\d\d-\d\d/u.test(date)) return Number.NaN
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/u.test(date) || !date.includes('T')
  return Date.parse(zoned ? date : `${date}Z`) / 1000
}

/** A line's cells; those in quotes may hold separators. */
function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator)
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? ''
    if (letter === '"' && quoted && line[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (letter === '"') quoted = !quoted
    else if (letter === separator && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += letter
  }
  cells.push(cell)
  return cells
}
