import type { Marker } from '../latency/markers.ts'
import { callApi } from './api-call.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { compareCommand } from './latency-from.ts'

/** Options of `darkroom mark` as commander gives them. */
export interface MarkOptions {
  text: string | undefined
  at?: string
  list: boolean
  remove?: string
  compare?: string
  window?: string
  stage?: string
  class?: string
  server?: string
  url?: string
  json: boolean
}

/** `darkroom mark "edge on"`: a moment that latency is compared around. */
export async function markCommand(options: MarkOptions, io: CommandEnvironment): Promise<number> {
  const { text, compare, remove, list, server } = options
  const asked = [text, compare, remove, list ? 'list' : undefined].filter((each) => each !== undefined)
  if (asked.length !== 1) {
    io.stderr(
      'Say what was changed (darkroom mark "edge on"), or one of --list, --compare <id>, --remove <id>.\n',
    )
    return exitCodes.usage
  }
  if (compare !== undefined) return await compareCommand(compare, server, options, io)
  if (remove !== undefined) {
    const path = `/v1/markers/${encodeURIComponent(remove)}`
    const told = await callApi({ method: 'DELETE', path, server }, io)
    if (typeof told === 'number') return told
    io.stdout(options.json ? '{}\n' : `marker ${remove} is gone\n`)
    return exitCodes.done
  }
  if (list) return await listMarkers(options, io)
  const body = { text, ...(options.at === undefined ? {} : { at: options.at }) }
  const told = await callApi({ method: 'POST', path: '/v1/markers', body, server }, io)
  if (typeof told === 'number') return told
  const marker = told.answer as Marker
  if (options.json) io.stdout(`${JSON.stringify(marker)}\n`)
  else
    io.stdout(
      `marker ${marker.id} at ${marker.at}; darkroom mark --compare ${marker.id} tells what changed\n`,
    )
  return exitCodes.done
}

async function listMarkers(options: MarkOptions, io: CommandEnvironment): Promise<number> {
  const query = new URLSearchParams(options.window === undefined ? {} : { window: options.window })
  const told = await callApi({ method: 'GET', path: `/v1/markers?${query}`, server: options.server }, io)
  if (typeof told === 'number') return told
  const { markers } = told.answer as { markers: Marker[] }
  if (options.json) io.stdout(`${JSON.stringify(told.answer)}\n`)
  else if (markers.length === 0) io.stdout('There is no marker.\n')
  else for (const { id, at, text } of markers) io.stdout(`${id.padStart(5)}  ${at.slice(0, 19)}Z  ${text}\n`)
  return exitCodes.done
}
