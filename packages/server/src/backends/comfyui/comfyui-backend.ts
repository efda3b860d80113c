import { setImmediate } from 'node:timers/promises'
import type { Backend, BackendCapabilities, BackendHealth, BackendInput, BackendRequest } from '../backend.ts'
import { BackendError, noEdits } from '../backend.ts'
import { createConnection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { startDeadline } from '../wire/deadline.ts'
import { networkError } from '../wire/network-error.ts'
import type { Fetch } from '../wire/node-fetch.ts'
import { createComfyServer } from './comfyui-server.ts'
import type { PollTimes } from './job-watch.ts'
import type { JobParts } from './run-job.ts'
import { runJob } from './run-job.ts'
import { warmingRequest } from './warming-request.ts'
import type { Workflow } from './workflow.ts'
import { loadWorkflow } from './workflow.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the adapter of ComfyUI needs to know. */
export interface ComfyBackendOptions {
  /** Where ComfyUI listens. Default `http://127.0.0.1:8188`. */
  baseUrl?: string | undefined
  /** Sent as a bearer token, for a proxy before it: ComfyUI itself has no keys. */
  apiKey?: string | undefined
  /** Where workflow files are looked for. */
  workflowFolder: string
  /** How long one run may take, waiting in ComfyUI's queue included. Default 300,000. */
  timeoutMs?: number | undefined
  /** The largest picture that is read. Default 64 MiB. */
  maxBytes?: number | undefined
  fetch?: Fetch | undefined
  now?: (() => number) | undefined
  poll?: PollTimes | undefined
}

const healthTimeoutMs = 2000
/** How long taking a job back may take. */
const cancelTimeoutMs = 5000

/** The adapter for ComfyUI: a workflow in API format, with a mapping of what is written where. */
export function createComfyBackend(options: ComfyBackendOptions): Backend {
  const closing = new AbortController()
  const connection = createConnection({
    baseUrl: options.baseUrl ?? 'http://127.0.0.1:8188',
    apiKey: options.apiKey,
    names: { url: 'COMFYUI_URL', key: 'COMFYUI_API_KEY' },
    fetch: options.fetch,
    now: options.now,
  })
  const server = createComfyServer({ connection, maxBytes: options.maxBytes ?? 64 * 1024 * 1024 })
  const pending = new Set<Promise<void>>()
  const parts: JobParts = {
    connection,
    server,
    deadlineOf: (caller) =>
      startDeadline({ caller, closing: closing.signal, timeoutMs: options.timeoutMs ?? 300_000 }),
    inBackground: (work) => {
      const running = work(AbortSignal.timeout(cancelTimeoutMs)).catch(() => {
        // The server is gone, or busy beyond reason; what it finishes is looked at by nobody.
      })
      pending.add(running)
      void running.then(() => pending.delete(running))
    },
    poll: options.poll ?? { withSocketMs: 5000, withoutSocketMs: 500 },
    now: options.now ?? Date.now,
  }
  const workflows = new Map<string, Workflow>()
  /** @throws BackendError for a workflow that is not there, or not right: the start of the server says why */
  const workflowNamed = (name: string): Workflow => {
    const known = workflows.get(name)
    if (known !== undefined) return known
    const loaded = loadWorkflow(name, options.workflowFolder)
    if ('faults' in loaded) {
      const message = `The workflow ${name} cannot be used: its operator must correct it.`
      throw new BackendError('backend_failed', message, {
        retry: 'never',
        cause: new Error(loaded.faults.join('; ')),
      })
    }
    workflows.set(name, loaded.workflow)
    return loaded.workflow
  }
  const short = (signal: AbortSignal | undefined): Deadline =>
    startDeadline({ caller: signal, closing: closing.signal, timeoutMs: healthTimeoutMs })
  const ask = async (signal: AbortSignal | undefined): Promise<void> => {
    if (connection.fault !== undefined) throw connection.fault
    const deadline = short(signal)
    try {
      const stats = await connection.send('/system_stats', { method: 'GET', signal: deadline.signal })
      // A server without a GPU's figures fails at them and draws all the same.
      const answer = stats.ok
        ? stats
        : await connection.send('/queue', { method: 'GET', signal: deadline.signal })
      if (answer !== stats) await stats.body?.cancel()
      await connection.json(answer, 1024 * 1024)
    } catch (error) {
      throw networkError(deadline.explain(error), connection)
    } finally {
      deadline.end()
    }
  }
  return {
    name: 'comfyui',
    capabilities: (model) => capabilitiesOf(workflowOrUndefined(workflowNamed, model)),
    health: async (signal): Promise<BackendHealth> => {
      try {
        await ask(signal)
        return { state: 'ready' }
      } catch (error) {
        return { state: 'failed', reason: error instanceof Error ? error.message : 'The check was aborted.' }
      }
    },
    warm: async (model, signal = new AbortController().signal) => {
      signal.throwIfAborted()
      const workflow = workflowNamed(model)
      for await (const _ of runJob(parts, workflow, await warmingRequest(workflow), signal));
    },
    async *generate(request, signal) {
      signal.throwIfAborted()
      const workflow = workflowNamed(request.model)
      checkRequest(workflow, request)
      yield* runJob(parts, workflow, request, signal)
    },
    free: async (signal) => {
      const deadline = short(signal)
      try {
        await server.free(deadline.signal)
      } catch (error) {
        throw networkError(deadline.explain(error), connection)
      } finally {
        deadline.end()
      }
    },
    close: async () => {
      closing.abort(shuttingDown())
      // Runs that were stopped just now take their jobs back before the process goes.
      await setImmediate()
      await Promise.all(pending)
    },
  }
}

function workflowOrUndefined(named: (name: string) => Workflow, model: string): Workflow | undefined {
  try {
    return named(model)
  } catch {
    return undefined
  }
}

/** Of a workflow that cannot be read, those of one that can do nothing: asking for it says why. */
function capabilitiesOf(workflow: Workflow | undefined): BackendCapabilities {
  const mapping = workflow?.mapping
  const size = mapping?.size === undefined ? null : [{ widthPx: mapping.size[0], heightPx: mapping.size[1] }]
  return {
    kind: 'model',
    rendererVersion: `comfyui-1-${workflow?.sha256.slice(0, 16) ?? 'unread'}`,
    sizes: mapping?.width === null ? size : null,
    seed: mapping !== undefined && mapping.seed !== null,
    negative: mapping?.negative !== undefined,
    style: false,
    progress: true,
    previews: true,
    cancel: true,
    edits:
      mapping === undefined
        ? noEdits
        : {
            image: mapping.image !== undefined,
            mask: mapping.mask !== undefined,
            variation: mapping.image !== undefined && mapping.strength !== undefined,
            references: mapping.references?.length ?? 0,
          },
    batch: 1,
  }
}

/** @throws BackendError unsupported_by_backend for what the workflow has no place for */
function checkRequest({ name, mapping }: Workflow, request: BackendRequest): void {
  const { widthPx, heightPx, inputs } = request
  const refuse = (what: string): never => {
    throw new BackendError('unsupported_by_backend', `The workflow ${name} ${what}.`, { retry: 'never' })
  }
  const [width, height] = mapping.size ?? []
  if (mapping.width === null && (widthPx !== width || heightPx !== height)) {
    refuse(`draws ${width}x${height} and nothing else: ask for that size`)
  }
  // Latents are an eighth of a picture's sides: ComfyUI would draw the next smaller size.
  if (widthPx % 8 !== 0 || heightPx % 8 !== 0) {
    refuse(`cannot draw ${widthPx}x${heightPx}: its sides must be multiples of 8`)
  }
  const takes = (input: BackendInput | undefined, pointers: unknown, what: string): void => {
    if (input !== undefined && pointers === undefined) refuse(`takes no ${what}: leave it out`)
  }
  takes(inputs.image, mapping.image, 'picture to change')
  takes(inputs.mask, mapping.mask, 'mask')
  const most = mapping.references?.length ?? 0
  if (inputs.references.length > most) refuse(`takes ${most === 0 ? 'no' : most} reference pictures`)
}
