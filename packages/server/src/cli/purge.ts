import { setTimeout as sleep } from 'node:timers/promises'
import { callApi } from './api-call.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom purge` as commander gives them. */
export interface PurgeCommandOptions {
  tag: readonly string[]
  image: readonly string[]
  url: readonly string[]
  everything: boolean
  soft: boolean
  /** The running server; without it the one that this configuration starts. */
  server?: string
  /** Until CDNs have been told; for so many seconds at most. */
  wait?: string | true
  json: boolean
}

/** `darkroom purge`: `POST /v1/purge` of a running server. */
export async function purgeCommand(options: PurgeCommandOptions, io: CommandEnvironment): Promise<number> {
  const targets = [
    ...(options.tag.length > 0 ? [{ tags: options.tag }] : []),
    ...(options.image.length > 0 ? [{ images: options.image }] : []),
    ...(options.url.length > 0 ? [{ urls: options.url }] : []),
    ...(options.everything ? [{ everything: true }] : []),
  ]
  const [target] = targets
  if (target === undefined || targets.length > 1) {
    io.stderr('Say what to purge: one of --tag, --image, --url (each may be repeated) or --everything.\n')
    return exitCodes.usage
  }
  const waitMs = waitMsOf(options.wait)
  if (waitMs === undefined) {
    io.stderr('--wait: it must be a number of seconds from 0 to 86400.\n')
    return exitCodes.usage
  }
  const body = { ...target, soft: options.soft }
  const told = await callApi({ method: 'POST', path: '/v1/purge', body, server: options.server }, io)
  if (typeof told === 'number') return told
  const answer = told.answer as PurgeAnswer
  if (options.json) io.stdout(`${JSON.stringify(told.answer)}\n`)
  else io.stdout(purgedText(answer, options.soft))
  return waitMs > 0 ? await waitForCdns(answer, waitMs, options, io) : exitCodes.done
}

interface PurgeAnswer {
  purged: number
  orderedAt?: string
  cdns?: { name: string; status: string; names: number; soft: boolean }[]
}

function purgedText({ purged, cdns = [] }: PurgeAnswer, soft: boolean): string {
  const done = soft ? 'marked stale' : 'dropped'
  const lines = [
    `${purged} cached ${purged === 1 ? 'answer' : 'answers'} ${done}; other processes have been told`,
    ...cdns.map(({ name, status, names, soft: softly }) => {
      if (status !== 'queued') return `${name}: no copy there can be meant`
      const how = soft && !softly ? ', which it can only drop' : ''
      return `${name}: queued, ${names} ${names === 1 ? 'name' : 'names'}${how}`
    }),
  ]
  return `${lines.join('\n')}\n`
}

/** Without a number a minute; without the option none. `undefined`: no number. */
function waitMsOf(wait: string | true | undefined): number | undefined {
  if (wait === undefined) return 0
  if (wait === true) return 60_000
  const seconds = /^\d{1,5}$/u.test(wait) ? Number(wait) : Number.NaN
  return seconds <= 86_400 ? seconds * 1000 : undefined
}

interface CdnState {
  name: string
  waitingSince: string | null
  failed: number
  lastError: string | null
  lastErrorAt: string | null
}

/** Until each CDN has taken what was ordered so far. @returns 1 where one refuses, or has not taken it in time */
async function waitForCdns(
  { orderedAt, cdns = [] }: PurgeAnswer,
  waitMs: number,
  options: PurgeCommandOptions,
  io: CommandEnvironment,
): Promise<number> {
  if (orderedAt === undefined) return exitCodes.done
  const names = new Set(cdns.filter(({ status }) => status === 'queued').map(({ name }) => name))
  const deadline = Date.now() + waitMs
  for (;;) {
    const told = await callApi({ method: 'GET', path: '/v1/cdns', server: options.server }, io)
    if (typeof told === 'number') return told
    const states = (told.answer as { cdns: CdnState[] }).cdns.filter(({ name }) => names.has(name))
    const refusing = states.filter(
      ({ failed, lastErrorAt }) => failed > 0 && lastErrorAt !== null && lastErrorAt >= orderedAt,
    )
    const waiting = states.filter(({ waitingSince }) => waitingSince !== null && waitingSince <= orderedAt)
    if (waiting.length === 0 || Date.now() > deadline) {
      for (const { name, lastError } of refusing) io.stderr(`${name} refuses: ${lastError}\n`)
      for (const { name, lastError } of waiting)
        io.stderr(`${name} has not been told yet${lastError === null ? '' : `: ${lastError}`}; it will be\n`)
      const open = new Set([...refusing, ...waiting].map(({ name }) => name))
      for (const name of names) if (!open.has(name) && !options.json) io.stdout(`${name}: told\n`)
      return open.size === 0 ? exitCodes.done : exitCodes.failed
    }
    await sleep(250)
  }
}
