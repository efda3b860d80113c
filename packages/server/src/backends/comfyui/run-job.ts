import { randomUUID } from 'node:crypto'
import type { BackendEvent, BackendInputs, BackendRequest } from '../backend.ts'
import { createPreviewThrottle } from '../previews.ts'
import type { Connection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { networkError } from '../wire/network-error.ts'
import { previewOf } from '../wire/preview.ts'
import type { ComfyServer } from './comfyui-server.ts'
import { badAnswer } from './comfyui-server.ts'
import { executionError, interruptedError } from './execution-fault.ts'
import type { UploadedInputs } from './fill-workflow.ts'
import { fillWorkflow, harmlessText } from './fill-workflow.ts'
import type { Heard, PollTimes } from './job-watch.ts'
import { watchJob } from './job-watch.ts'
import type { SavedPicture } from './server-messages.ts'
import type { Workflow } from './workflow.ts'
import { orAborted } from '../wire/or-aborted.ts'

/** What the jobs of one server share. */
export interface JobParts {
  connection: Connection
  server: ComfyServer
  deadlineOf(caller: AbortSignal | undefined): Deadline
  /** Runs to its end whatever becomes of the caller: taking a job back from the server. */
  inBackground(work: (signal: AbortSignal) => Promise<void>): void
  poll: PollTimes
  now: () => number
}

/** Taking a workflow into its queue is all that the server does for that answer. */
const submitTimeoutMs = 30_000

/** Runs one workflow: uploads, queues, listens, fetches. @throws BackendError; the caller's reason */
export async function* runJob(
  parts: JobParts,
  workflow: Workflow,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  const { connection, server } = parts
  const deadline = parts.deadlineOf(caller)
  const { signal } = deadline
  // Random, and not the request's: two runs of one id are two jobs.
  const ids = { clientId: randomUUID(), promptId: randomUUID() }
  // While this is set, the server has the job, or may have it.
  let submitted: Promise<string> | undefined
  let watch: ReturnType<typeof watchJob> | undefined
  try {
    signal.throwIfAborted()
    if (connection.fault !== undefined) throw connection.fault
    const uploaded = await uploadAll(server, request.inputs, signal)
    const nodes = fillWorkflow(workflow, request, uploaded, `darkroom/${ids.promptId}`)
    watch = watchJob({ connection, server, clientId: ids.clientId, poll: parts.poll, signal })
    await watch.opened
    signal.throwIfAborted()
    const { heard } = watch
    signal.addEventListener('abort', () => heard.fail(signal.reason), { once: true })
    submitted = server.submit(nodes, ids, AbortSignal.timeout(submitTimeoutMs))
    const id = await orAborted(submitted, signal)
    watch.follow(id)
    const queuedAtMs = parts.now()
    yield { type: 'queued' }
    const { saved, startedAtMs } = yield* listen(parts, workflow, heard)
    const finishedAtMs = parts.now()
    const pictures = saved.get(workflow.output) ?? (await historyPictures(server, id, workflow, signal))
    submitted = undefined
    const [first] = pictures
    if (first === undefined)
      throw badAnswer(`ended the job ${id} without a picture of its node ${workflow.output}`)
    const picture = await server.picture(first, signal)
    signal.throwIfAborted()
    const generateMs = Math.max(0, finishedAtMs - startedAtMs)
    yield { type: 'image', ...picture }
    yield {
      type: 'done',
      timings: { queueMs: Math.max(0, startedAtMs - queuedAtMs), generateMs },
      gpuSeconds: generateMs / 1000,
      warnings: warningsOf(workflow, request),
    }
  } catch (error) {
    if (isOver(error)) submitted = undefined
    throw networkError(deadline.explain(error), connection)
  } finally {
    const unfinished = submitted
    watch?.close()
    deadline.end()
    if (unfinished !== undefined) {
      parts.inBackground(async (own) => server.cancel(await unfinished, own))
    }
  }
}

const endings = new WeakSet<Error>()

/** Marks an error that the server itself reported as the job's end. */
function ending<E extends Error>(error: E): E {
  endings.add(error)
  return error
}

function isOver(error: unknown): boolean {
  return error instanceof Error && endings.has(error)
}

interface Ended {
  saved: ReadonlyMap<string, readonly SavedPicture[]>
  startedAtMs: number
}

async function* listen(
  parts: JobParts,
  workflow: Workflow,
  heard: AsyncIterable<Heard>,
): AsyncGenerator<BackendEvent, Ended> {
  const { now, connection } = parts
  const saved = new Map<string, readonly SavedPicture[]>()
  const progress = createProgress(workflow)
  const mayPreview = createPreviewThrottle()
  let startedAtMs: number | undefined
  for await (const message of heard) {
    if (message.type === 'queue') continue
    if (startedAtMs === undefined) {
      // Whatever is heard of the job itself says that it was begun, even when the message that says so was lost.
      startedAtMs = now()
      yield { type: 'started' }
    }
    if (message.type === 'step') {
      const event = progress(message)
      if (event !== undefined) yield event
    } else if (message.type === 'preview') {
      const preview = mayPreview() ? await previewOf(message.bytes) : undefined
      if (preview !== undefined) yield { type: 'preview', ...preview }
    } else if (message.type === 'executed') saved.set(message.node, message.pictures)
    else if (message.type === 'failed') throw ending(executionError(message.fault, connection.secret))
    else if (message.type === 'interrupted') throw ending(interruptedError())
    else if (message.type === 'succeeded' || message.type === 'over') return { saved, startedAtMs }
    else if (message.type === 'history')
      return { saved: savedIn(message.entry, connection.secret), startedAtMs }
  }
  throw badAnswer('fell silent')
}

function savedIn(
  entry: Extract<Heard, { type: 'history' }>['entry'],
  secret: string | undefined,
): ReadonlyMap<string, readonly SavedPicture[]> {
  if (entry.state === 'failed') throw ending(executionError(entry.fault, secret))
  if (entry.state === 'interrupted') throw ending(interruptedError())
  return entry.state === 'succeeded' ? entry.pictures : new Map()
}

/** The socket may have lost the message that names the file, and older servers name the end whatever it was. */
async function historyPictures(
  server: ComfyServer,
  jobId: string,
  { output }: Workflow,
  signal: AbortSignal,
): Promise<readonly SavedPicture[]> {
  const entry = await server.history(jobId, signal)
  return savedIn(entry, undefined).get(output) ?? []
}

/**
 * A job's share from the steps of its nodes. A workflow of two samplers counts to the end twice: each is a half. The
 * last 5 % are decoding and saving, of which nothing is said.
 */
function createProgress({
  nodes,
}: Workflow): (
  message: Extract<Heard, { type: 'step' }>,
) => Extract<BackendEvent, { type: 'progress' }> | undefined {
  const isSampler = (type: string): boolean =>
    /^(?:KSampler|SamplerCustom)/u.test(type) && type !== 'KSamplerSelect'
  const samplers = Object.values(nodes).filter((node) => isSampler(node.class_type)).length
  const seen: string[] = []
  let furthest = -1
  return ({ node, value, max }) => {
    if (!seen.includes(node)) seen.push(node)
    const parts = Math.max(1, samplers, seen.length)
    const done = (seen.indexOf(node) + Math.min(1, Math.max(0, value / max))) / parts
    if (done <= furthest) return undefined
    furthest = done
    return { type: 'progress', fraction: done * 0.95, step: value, steps: max }
  }
}

async function uploadAll(
  server: ComfyServer,
  { image, mask, references }: BackendInputs,
  signal: AbortSignal,
): Promise<UploadedInputs> {
  const names: string[] = []
  for (const input of references) names.push(await server.upload(input, signal))
  return {
    ...(image === undefined ? {} : { image: await server.upload(image, signal) }),
    // A node that loads a picture's mask reads what is transparent as what is to be drawn: as the seam says it.
    ...(mask === undefined ? {} : { mask: await server.upload(mask, signal) }),
    references: names,
  }
}

function warningsOf({ name, mapping }: Workflow, request: BackendRequest): string[] {
  const warnings: string[] = []
  const ignored = (what: string): void =>
    void warnings.push(`The ${what} was ignored: the workflow ${name} has none.`)
  if (mapping.seed === null) ignored('seed')
  if (request.negative !== undefined && mapping.negative === undefined) ignored('negative prompt')
  if (request.style !== undefined) ignored('style')
  if (request.steps !== undefined && mapping.steps === undefined) ignored('number of steps')
  if (request.strength !== undefined && mapping.strength === undefined) ignored('strength')
  if (harmlessText(request.prompt) !== request.prompt) {
    warnings.push('An embedding that the prompt named was read as words.')
  }
  return warnings
}
