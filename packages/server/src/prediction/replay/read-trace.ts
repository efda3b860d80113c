import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { csvValues, fieldReader, readNcsa } from './log-line.ts'
import type { ColumnNames, LineReader } from './log-line.ts'
import { createTraceBuilder } from './trace.ts'
import type { Trace } from './trace.ts'

/** What a log was, and what of it could be read. */
export interface ReadTrace {
  trace: Trace
  format: 'csv' | 'json lines' | 'ncsa' | 'w3c'
  /** Lines that were no answered GET, or that could not be read. */
  skippedLines: number
}

/** The file is no log that this reads: in words for people. */
export class TraceError extends Error {
  override readonly name = 'TraceError'
}

/**
 * Reads an access log line by line: CSV with a header, JSON lines, NCSA common or combined, W3C extended; `.gz` too.
 * @throws TraceError where no line is a request
 */
export async function readTrace(path: string, columns: ColumnNames = {}): Promise<ReadTrace> {
  const file = createReadStream(path)
  const source: Readable = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  // pipe() does not hand errors on: a file that is not there would never end.
  file.on('error', (error) => source.destroy(error))
  const builder = createTraceBuilder()
  let reader: LineReader | undefined
  let format: ReadTrace['format'] | undefined
  let skippedLines = 0
  try {
    for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === '') continue
      if (line.startsWith('#')) {
        const fields = /^#Fields:\s*(?<names>.+)$/u.exec(line)?.groups?.['names']
        if (fields !== undefined)
          [format, reader] = ['w3c', rowReader(fields.trim().split(/\s+/u), columns, splitBySpace)]
        continue
      }
      if (reader === undefined) {
        format = formatOf(line)
        if (format === 'csv') {
          reader = rowReader(
            csvValues(line).map((name) => name.trim().toLowerCase()),
            columns,
            csvValues,
          )
          continue
        }
        reader = format === 'ncsa' ? readNcsa : jsonReader(columns)
      }
      const event = reader(line)
      if (event === undefined) skippedLines++
      else builder.add(event)
    }
  } catch (error) {
    if (error instanceof TraceError) throw error
    throw new TraceError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (builder.count === 0 || format === undefined)
    throw new TraceError(
      `${path} has no line that is a request: give a CSV with the columns time and key, or an access log.`,
    )
  return { trace: builder.finish(), format, skippedLines }
}

function formatOf(line: string): 'csv' | 'json lines' | 'ncsa' {
  if (line.startsWith('{')) return 'json lines'
  return /^\S+ \S+ .{0,200}\[[^\]]{20,32}\] "/u.test(line) ? 'ncsa' : 'csv'
}

function rowReader(
  names: readonly string[],
  columns: ColumnNames,
  split: (line: string) => string[],
): LineReader {
  const read = fieldReader(names, columns)
  if (read === undefined)
    throw new TraceError(
      `The columns are ${names.slice(0, 20).join(', ').slice(0, 300)}; which is the time and which the key? --columns time=…,key=…`,
    )
  const indexes = new Map(names.map((name, index) => [name, index]))
  return (line) => {
    const values = split(line)
    return read((name) => {
      const index = indexes.get(name)
      return index === undefined ? undefined : values[index]
    })
  }
}

function splitBySpace(line: string): string[] {
  return line.split(/\s+/u)
}

function jsonReader(columns: ColumnNames): LineReader {
  return (line) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      return undefined
    }
    if (typeof value !== 'object' || value === null) return undefined
    const fields = new Map(
      Object.entries(value).map(([name, each]) => [
        name,
        typeof each === 'string' || typeof each === 'number' ? String(each) : undefined,
      ]),
    )
    return fieldReader([...fields.keys()], columns)?.((name) => fields.get(name))
  }
}
