import { readFile } from 'node:fs/promises'
import { parse as parseCsv } from 'csv-parse/sync'
import { callApi } from './api-call.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom catalog import` as commander gives them. */
export interface CatalogImportOptions {
  file: string
  /** Name or id of the catalogue. */
  catalog: string
  replace: boolean
  server?: string
  json: boolean
}

/** `darkroom catalog import items.csv --catalog name`: items of a CSV or JSON file into a catalogue of a running server. */
export async function catalogImportCommand(
  options: CatalogImportOptions,
  io: CommandEnvironment,
): Promise<number> {
  let items: unknown
  try {
    items = await readItems(options.file)
  } catch (error) {
    io.stderr(`${options.file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodes.failed
  }
  const listed = await callApi({ method: 'GET', path: '/v1/catalogs', server: options.server }, io)
  if (typeof listed === 'number') return listed
  const { items: catalogs } = listed.answer as { items: { id: string; name: string }[] }
  const catalog = catalogs.find(({ id, name }) => id === options.catalog || name === options.catalog)
  if (catalog === undefined) {
    const names = catalogs.map(({ name }) => name).join(', ')
    io.stderr(
      `There is no catalogue ${options.catalog}; ${names === '' ? 'POST /v1/catalogs makes one' : `there are: ${names}`}.\n`,
    )
    return exitCodes.failed
  }
  const body = { mode: options.replace ? 'replace' : 'merge', items }
  const told = await callApi(
    { method: 'POST', path: `/v1/catalogs/${catalog.id}/items`, body, server: options.server },
    io,
  )
  if (typeof told === 'number') return told
  if (options.json) {
    io.stdout(`${JSON.stringify(told.answer)}\n`)
    return exitCodes.done
  }
  const { changed, unchanged, removed, goesLiveAt } = told.answer as {
    changed: number
    unchanged: number
    removed: number
    goesLiveAt: string | null
  }
  const when = goesLiveAt === null ? 'live now' : `live at ${goesLiveAt}`
  io.stdout(`${changed} changed, ${unchanged} unchanged, ${removed} removed; ${when}\n`)
  return exitCodes.done
}

/** A list of objects with an id each: JSON by its name or its first character, CSV otherwise. */
async function readItems(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  if (!file.endsWith('.json') && !/^\s*[[{]/u.test(text))
    return parseCsv(text, { columns: true, bom: true, trim: true, skip_empty_lines: true })
  const json: unknown = JSON.parse(text)
  return typeof json === 'object' && json !== null && 'items' in json ? json.items : json
}
