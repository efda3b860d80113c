import { readFileSync, statSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Frame, ProbeEvent } from '../probe/events.ts'

/** Compiled code: what is in `node_modules` is not the program's. */
const compiled = /^(?!.*[\\/]node_modules[\\/]).*\.[cm]?js$/u
const comment = /^\s*\/\/[#@] sourceMappingURL=(?<url>\S+)\s*$/gmu
/** A larger file is no program's, or has no one who reads it. */
const maxBytes = 32 * 2 ** 20

/**
 * Puts lines of the source in the place of lines of compiled code, by the maps that stand in it or beside it. Read
 * when all is over: the program itself needs not run with `--enable-source-maps`.
 */
export function withSourceLines(
  threads: ReadonlyMap<string, readonly ProbeEvent[]>,
): Map<string, readonly ProbeEvent[]> {
  const maps = new Map<string, FileMap | undefined>()
  const mapped = (frame: Frame): Frame => {
    if (!compiled.test(frame.file)) return frame
    if (!maps.has(frame.file)) maps.set(frame.file, mapOf(frame.file))
    const map = maps.get(frame.file)
    const entry = map?.map.findEntry(frame.line - 1, frame.column - 1)
    if (map === undefined || entry === undefined || !('originalSource' in entry)) return frame
    const file = sourceOf(map.url, entry.originalSource)
    if (file === undefined) return frame
    return { ...frame, file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  }
  const lines = (event: ProbeEvent): ProbeEvent =>
    event.type === 'stack' ? { ...event, frames: event.frames.map(mapped) } : event
  return new Map(Array.from(threads, ([thread, events]) => [thread, events.map(lines)]))
}

interface FileMap {
  map: SourceMap
  /** What its sources are relative to. */
  url: URL
}

/** @returns `undefined` for a file without a map, and for one that cannot be read */
function mapOf(file: string): FileMap | undefined {
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file
    if (statSync(path).size > maxBytes) return undefined
    const last = [...readFileSync(path, 'utf8').matchAll(comment)].at(-1)?.groups?.['url']
    if (last === undefined) return undefined
    const url = new URL(last, pathToFileURL(path))
    if (url.protocol === 'file:' && statSync(url).size > maxBytes) return undefined
    const text = url.protocol === 'file:' ? readFileSync(url, 'utf8') : textOfData(url)
    if (text === undefined) return undefined
    const payload = JSON.parse(text) as SourceMap['payload']
    const base = url.protocol === 'file:' ? url : pathToFileURL(path)
    const root = payload.sourceRoot ?? ''
    const sourceBase = root === '' ? base : new URL(root.endsWith('/') ? root : `${root}/`, base)
    return { map: new SourceMap({ ...payload, sourceRoot: '' }), url: sourceBase }
  } catch {
    return undefined
  }
}

/** Nothing is fetched: a map on another machine is none. */
function textOfData(url: URL): string | undefined {
  if (url.protocol !== 'data:') return undefined
  const at = url.href.indexOf(',')
  const body = url.href.slice(at + 1)
  return url.href.slice(0, at).endsWith(';base64')
    ? Buffer.from(body, 'base64').toString()
    : decodeURIComponent(body)
}

/** Sources of bundlers have schemes of their own (`webpack://`): they name no file. */
function sourceOf(base: URL, source: string): string | undefined {
  if (!URL.canParse(source, base.href)) return undefined
  const url = new URL(source, base)
  return url.protocol === 'file:' ? fileURLToPath(url) : undefined
}
