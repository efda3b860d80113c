import type { BackendBatchEvent, BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { prepareExchange } from './exchange.ts'
import type { RunParts } from './run.ts'
import { doneOf, runTogether } from './run.ts'

/**
 * Several pictures, in as few calls as the server can make them in: one for each prompt whose seeds stand in a row,
 * one after the other.
 * @throws BackendError for what may not be one batch; the signal's reason
 */
export async function* runBatch(
  parts: RunParts,
  requests: readonly BackendRequest[],
  signal: AbortSignal,
): AsyncGenerator<BackendBatchEvent> {
  signal.throwIfAborted()
  checkBatch(requests, parts.dialect.batch)
  for (const run of runsOf(requests)) {
    try {
      yield* eventsOf(parts, run, signal)
    } catch (error) {
      if (!(error instanceof BackendError) || signal.aborted) throw error
      for (const { id } of run) yield { requestId: id, type: 'failed', error }
    }
  }
}

async function* eventsOf(
  parts: RunParts,
  run: readonly BackendRequest[],
  signal: AbortSignal,
): AsyncGenerator<BackendBatchEvent> {
  const exchange = prepareExchange({ ...parts, requests: run })
  for await (const event of runTogether(parts, exchange, signal)) {
    if (event.type !== 'answer') {
      for (const { id } of run) yield { requestId: id, ...event }
      continue
    }
    for (const { index, bytes, mediaType } of event.value) {
      const requestId = run[index]?.id
      if (requestId === undefined) continue
      yield { requestId, type: 'image', bytes, mediaType }
      // The whole call for each: nobody can say which part of it was whose; of the accelerator each had a share.
      const done = doneOf(event.ms, exchange.warnings)
      yield { requestId, ...done, gpuSeconds: event.ms / 1000 / run.length }
    }
  }
}

function checkBatch(requests: readonly BackendRequest[], most: number): void {
  const [first] = requests
  const mixed = requests.some(
    (request) =>
      request.model !== first?.model ||
      request.widthPx !== first.widthPx ||
      request.heightPx !== first.heightPx ||
      request.steps !== first.steps,
  )
  if (first !== undefined && !mixed && requests.length <= most) return
  const message = `A batch is 1 to ${most} pictures of one model, size and number of steps.`
  throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
}

/** The requests whose prompts are equal and whose seeds follow one another, in their order. */
function runsOf(requests: readonly BackendRequest[]): BackendRequest[][] {
  const runs: BackendRequest[][] = []
  for (const request of requests) {
    const run = runs.find((each) => continues(each, request))
    if (run === undefined) runs.push([request])
    else run.push(request)
  }
  return runs
}

function continues(run: readonly BackendRequest[], next: BackendRequest): boolean {
  const last = run.at(-1)
  return (
    last !== undefined &&
    next.seed === last.seed + 1 &&
    next.prompt === last.prompt &&
    next.negative === last.negative &&
    next.strength === last.strength &&
    next.inputs.image?.sha256 === last.inputs.image?.sha256 &&
    next.inputs.mask?.sha256 === last.inputs.mask?.sha256 &&
    next.inputs.references.map(({ sha256 }) => sha256).join(' ') ===
      last.inputs.references.map(({ sha256 }) => sha256).join(' ')
  )
}
