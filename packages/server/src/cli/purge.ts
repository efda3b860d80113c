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
  const body = { ...target, soft: options.soft }
  const told = await callApi({ method: 'POST', path: '/v1/purge', body, server: options.server }, io)
  if (typeof told === 'number') return told
  const { purged } = told.answer as { purged: number }
  if (options.json) io.stdout(`${JSON.stringify(told.answer)}\n`)
  else {
    const done = options.soft ? 'marked stale' : 'dropped'
    io.stdout(
      `${purged} cached ${purged === 1 ? 'answer' : 'answers'} ${done}; other processes have been told\n`,
    )
  }
  return exitCodes.done
}
