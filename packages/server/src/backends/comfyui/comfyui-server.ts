import type { BackendInput } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import { boundedBytes, bodyStart } from '../wire/bounded-body.ts'
import type { Connection } from '../wire/connection.ts'
import { jsonOrUndefined } from '../wire/connection.ts'
import { pictureMediaType } from '../wire/picture-signature.ts'
import { validationError } from './execution-fault.ts'
import type { HistoryEntry } from './history.ts'
import { historyEntryOf } from './history.ts'
import type { SavedPicture } from './server-messages.ts'
import type { WorkflowNode } from './workflow.ts'

/** Answers besides pictures are short; a history with a large workflow is some hundred kilobytes. */
const maxJsonBytes = 16 * 1024 * 1024

/** The routes of ComfyUI that are used, each one exchange. */
export interface ComfyServer {
  /** The name under which a node that loads pictures finds it. */
  upload(input: BackendInput, signal: AbortSignal): Promise<string>
  /** Queues a workflow. @returns the job's id: ours, or one that an older server made */
  submit(nodes: Record<string, WorkflowNode>, ids: JobIds, signal: AbortSignal): Promise<string>
  history(promptId: string, signal: AbortSignal): Promise<HistoryEntry>
  /** Whether the job waits or runs. */
  place(promptId: string, signal: AbortSignal): Promise<'running' | 'waiting' | 'gone'>
  /** Takes a waiting job out of the queue, interrupts a running one, and no other. */
  cancel(promptId: string, signal: AbortSignal): Promise<void>
  picture(saved: SavedPicture, signal: AbortSignal): Promise<{ bytes: Uint8Array; mediaType: string }>
  free(signal: AbortSignal): Promise<void>
}

/** The id that a socket listens under, and the one that is proposed for the job. */
export interface JobIds {
  clientId: string
  promptId: string
}

/** @param options.maxBytes of a picture */
export function createComfyServer({
  connection,
  maxBytes,
}: {
  connection: Connection
  maxBytes: number
}): ComfyServer {
  const get = async (path: string, signal: AbortSignal): Promise<unknown> =>
    connection.json(await connection.send(path, { method: 'GET', signal }), maxJsonBytes)
  const post = async (path: string, json: unknown, signal: AbortSignal): Promise<void> => {
    const response = await connection.send(path, { json, signal })
    if (!response.ok) throw await connection.errorOf(response)
    await response.body?.cancel()
  }
  const place: ComfyServer['place'] = async (promptId, signal) => {
    const queue = await get('/queue', signal)
    const has = (name: string): boolean => isRecord(queue) && listed(queue[name], promptId)
    return has('queue_running') ? 'running' : has('queue_pending') ? 'waiting' : 'gone'
  }
  return {
    upload: (input, signal) => upload(connection, input, signal),
    submit: (nodes, ids, signal) => submit(connection, nodes, ids, signal),
    history: async (promptId, signal) =>
      historyEntryOf(await get(`/history/${encodeURIComponent(promptId)}`, signal), promptId),
    place,
    async cancel(promptId, signal) {
      await post('/queue', { delete: [promptId] }, signal)
      // Older servers interrupt whatever runs: only when it is ours.
      if ((await place(promptId, signal)) === 'running')
        await post('/interrupt', { prompt_id: promptId }, signal)
    },
    picture: (saved, signal) => picture(connection, saved, maxBytes, signal),
    free: (signal) => post('/free', { unload_models: true, free_memory: true }, signal),
  }
}

/** Entries of the queue are lists: number, id, workflow, …. */
function listed(entries: unknown, promptId: string): boolean {
  return Array.isArray(entries) && entries.some((entry) => Array.isArray(entry) && entry[1] === promptId)
}

async function upload(connection: Connection, input: BackendInput, signal: AbortSignal): Promise<string> {
  const form = new FormData()
  const name = `${input.sha256.slice(0, 32)}.${input.mediaType.replace('image/', '')}`
  form.set('image', new Blob([Buffer.from(input.bytes)], { type: input.mediaType }), name)
  form.set('type', 'input')
  form.set('subfolder', 'darkroom')
  // The name is made of the content: writing it again changes nothing.
  form.set('overwrite', 'true')
  const stored = await connection.json(await connection.send('/upload/image', { form, signal }), maxJsonBytes)
  if (!isRecord(stored) || typeof stored['name'] !== 'string')
    throw badAnswer('did not say where it keeps an upload')
  const subfolder = typeof stored['subfolder'] === 'string' ? stored['subfolder'] : ''
  return subfolder === '' ? stored['name'] : `${subfolder}/${stored['name']}`
}

async function submit(
  connection: Connection,
  nodes: Record<string, WorkflowNode>,
  { clientId, promptId }: JobIds,
  signal: AbortSignal,
): Promise<string> {
  const json = { prompt: nodes, client_id: clientId, prompt_id: promptId }
  const response = await connection.send('/prompt', { json, signal })
  if (response.status === 400) {
    throw validationError(jsonOrUndefined(await bodyStart(response, maxJsonBytes)), connection.secret)
  }
  const answer = await connection.json(response, maxJsonBytes)
  const given = isRecord(answer) ? answer['prompt_id'] : undefined
  if (typeof given !== 'string' || given === '') throw badAnswer('took the workflow and gave no id for it')
  return given
}

async function picture(
  connection: Connection,
  { filename, subfolder, type }: SavedPicture,
  maxBytes: number,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; mediaType: string }> {
  const query = new URLSearchParams({ filename, subfolder, type })
  const response = await connection.send(`/view?${query}`, { method: 'GET', accept: 'image/*', signal })
  if (!response.ok) {
    await response.body?.cancel()
    throw badAnswer(`made a picture and answers ${response.status} to its address`)
  }
  const bytes = await boundedBytes(response, maxBytes)
  const mediaType = pictureMediaType(bytes)
  if (mediaType === undefined) throw badAnswer('sent something that is no PNG, JPEG or WebP picture')
  return { bytes, mediaType }
}

/** The server worked, and its answer is wrong: asking again would be answered the same way. */
export function badAnswer(what: string): BackendError {
  return new BackendError('backend_bad_answer', `The model server ${what}.`, { retry: 'never' })
}
