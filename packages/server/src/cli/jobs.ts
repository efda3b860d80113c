import type { DeadJobPage } from '../gateway/jobs.ts'
import { callApi } from './api-call.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom jobs dead` as commander gives them. */
export interface DeadCommandOptions {
  code?: string
  limit: string
  server?: string
  json: boolean
}

/** `darkroom jobs dead`: `GET /v1/jobs` of a running server. */
export async function deadJobsCommand(options: DeadCommandOptions, io: CommandEnvironment): Promise<number> {
  const query = new URLSearchParams({ limit: options.limit, ...(options.code && { code: options.code }) })
  const told = await callApi({ method: 'GET', path: `/v1/jobs?${query}`, server: options.server }, io)
  if (typeof told === 'number') return told
  const { items, nextCursor } = told.answer as DeadJobPage
  if (options.json) {
    io.stdout(`${JSON.stringify(told.answer)}\n`)
    return exitCodes.done
  }
  for (const { failedAt, id, code, message } of items) {
    io.stdout(`${failedAt.slice(0, 19)}Z  ${id}  ${code}  ${message}\n`)
  }
  if (items.length === 0) io.stdout('There is no dead letter.\n')
  if (nextCursor !== null) io.stdout('There are more; see --limit and --code.\n')
  return exitCodes.done
}

/** Options of `darkroom jobs redrive` as commander gives them. */
export interface RedriveCommandOptions {
  id: readonly string[]
  code?: string
  all: boolean
  server?: string
  json: boolean
}

/** `darkroom jobs redrive`: `POST /v1/jobs/redrive` of a running server. */
export async function redriveJobsCommand(
  options: RedriveCommandOptions,
  io: CommandEnvironment,
): Promise<number> {
  const [body, ...others] = [
    ...(options.id.length > 0 ? [{ ids: options.id }] : []),
    ...(options.code === undefined ? [] : [{ code: options.code }]),
    ...(options.all ? [{ all: true }] : []),
  ]
  if (body === undefined || others.length > 0) {
    io.stderr('Say what to try again: one of --id (may be repeated), --code or --all.\n')
    return exitCodes.usage
  }
  const told = await callApi({ method: 'POST', path: '/v1/jobs/redrive', body, server: options.server }, io)
  if (typeof told === 'number') return told
  const { redriven } = told.answer as { redriven: number }
  if (options.json) io.stdout(`${JSON.stringify(told.answer)}\n`)
  else io.stdout(`${redriven} ${redriven === 1 ? 'job' : 'jobs'} queued again\n`)
  return exitCodes.done
}
