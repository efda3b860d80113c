import type { DigitalSourceType, PictureFacts, PictureFormat } from '@darkroom/picture'
import { formatOfMediaType, markPicture, PictureError, verifyPicture } from '@darkroom/picture'
import type { Logger } from 'pino'
import type { Backend, BackendCapabilities, BackendEvent, BackendRequest } from '../backends/backend.ts'
import { BackendError } from '../backends/backend.ts'
import type { BackendTable } from '../backends/backends.ts'
import { DarkroomError } from '../errors.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import { drawingOf } from '../generation/generation-row.ts'
import type { Failure, LeasedGeneration, Requeue } from '../generation/lease.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { Objects } from '../storage/objects.ts'
import { Interruption } from './interruption.ts'
import type { SpeculativeRuns } from './speculative-runs.ts'
import type { PriceList } from './prices.ts'
import { costOf } from './prices.ts'
import { readInputs } from './read-inputs.ts'
import type { JobMeasurement } from './measure-job.ts'
import { measureJob } from './measure-job.ts'
import { createTeller } from './teller.ts'

export interface RunContext {
  backends: Pick<BackendTable, 'backendFor'>
  objects: Objects
  log: Logger
  /** How long one run of the backend may take. */
  timeoutMs: number
  /** Where speculative runs are offered as room. */
  speculativeRuns: Pick<SpeculativeRuns, 'offer'>
  prices: PriceList
  now: () => number
  /** Takes what the job took. */
  recorder?: Recorder | undefined
}

/** The runs of one attempt: the first and two more. */
const maxRetries = 2

interface Drawn {
  bytes: Uint8Array
  facts: PictureFacts
  format: PictureFormat
  costUsd: number | undefined
  gpuSeconds: number | undefined
  warnings: readonly string[]
}

/**
 * Runs one leased generation to its settlement: generate, verify, mark, store, tell. Resolves when the record
 * says what became of it; whatever goes wrong is written there and not thrown.
 */
export async function runGeneration(
  leased: LeasedGeneration,
  context: RunContext,
  interruption: AbortSignal,
): Promise<void> {
  const startedAt = context.now()
  const job = measureJob(leased.row, startedAt, context.recorder)
  try {
    interruption.throwIfAborted()
    const backend = context.backends.backendFor(leased.row.backend)
    const drawn = await draw(leased, backend, context, job, interruption)
    const marked = await job.measure('encode', () => mark(drawn, backend, leased.row))
    interruption.throwIfAborted()
    const hash = context.objects.hashOf(marked)
    const costUsd = costOf(leased.row, drawn, context.prices)
    const kept = await leased.store({
      objectHash: hash,
      format: drawn.format,
      bytes: marked.byteLength,
      warnings: drawn.warnings,
      timings: job.timings(),
      costUsd,
      gpuSeconds: drawn.gpuSeconds,
      putObject: async () => {
        await job.measure('store', () => context.objects.put(marked))
        return job.timings()
      },
    })
    job.end({ bytes: marked.byteLength, costUsd, failed: !kept })
    if (!kept)
      context.log.warn({ generation: leased.row.id }, 'the lease was lost before the picture was stored')
  } catch (error) {
    job.end({ failed: true })
    await settleFailure(leased, error, context)
  }
}

/** Consumes the backend's events; the picture comes out verified: whole, decodable and of the size asked for. */
async function draw(
  leased: LeasedGeneration,
  backend: Backend,
  context: RunContext,
  job: JobMeasurement,
  interruption: AbortSignal,
): Promise<Drawn> {
  const { row } = leased
  const request = { ...requestOf(row), inputs: await readInputs(row, context.objects) }
  const timeout = AbortSignal.timeout(context.timeoutMs)
  const lost = new AbortController()
  const signal = AbortSignal.any([interruption, timeout, lost.signal])
  const teller = createTeller(leased, context.now, () => lost.abort(new Interruption('lease_lost')))
  const endOffer =
    row.priority === 'speculative' && backend.capabilities(row.model).cancel
      ? context.speculativeRuns.offer(row, () => lost.abort(new Interruption('yield')))
      : () => {}
  let image: { bytes: Uint8Array; mediaType: string } | undefined
  let done: Extract<BackendEvent, { type: 'done' }> | undefined
  try {
    for await (const event of backend.generate(request, signal)) {
      // Not every adapter can stop a running job; its late events must not count.
      signal.throwIfAborted()
      job.hear(event.type)
      if (event.type === 'image') image = event
      else if (event.type === 'done') done = event
      else teller.hear(event)
    }
  } catch (error) {
    await teller.flush()
    // What an adapter throws when it is stopped says less than why it was.
    interruption.throwIfAborted()
    lost.signal.throwIfAborted()
    if (timeout.aborted) throw timedOut(context.timeoutMs)
    throw error
  } finally {
    endOffer()
  }
  if (image === undefined || done === undefined) {
    await teller.flush()
    throw new BackendError('backend_bad_answer', 'The backend ended without a picture.', { retry: 'same' })
  }
  job.drawn(done.timings.loadMs)
  const whole = image
  // What was heard is written before the record settles, while the picture is being checked.
  const [verified] = await Promise.all([job.measure('encode', () => verify(whole, row)), teller.flush()])
  lost.signal.throwIfAborted()
  return {
    bytes: image.bytes,
    ...verified,
    costUsd: done.costUsd,
    gpuSeconds: done.gpuSeconds,
    warnings: done.warnings,
  }
}

function requestOf(row: GenerationRow): Omit<BackendRequest, 'inputs'> {
  const { inputs: _, ...drawing } = drawingOf(row)
  return {
    id: `${row.id}-${row.attempt}-${row.retries}-${row.reruns}`,
    model: row.model,
    ...drawing,
  }
}

function timedOut(timeoutMs: number): BackendError {
  return new BackendError('backend_timeout', `The backend did not finish within ${timeoutMs / 1000} s.`, {
    retry: 'same',
  })
}

/** A model server can lie about what it sends; what is not exactly what was asked for is never stored. */
async function verify(
  image: { bytes: Uint8Array; mediaType: string },
  row: GenerationRow,
): Promise<{ facts: PictureFacts; format: PictureFormat }> {
  let facts: PictureFacts
  try {
    facts = await verifyPicture(image.bytes)
  } catch (error) {
    if (!(error instanceof PictureError)) throw error
    throw new BackendError('backend_bad_answer', 'The backend sent bytes that are not a whole picture.', {
      retry: 'same',
      cause: error,
    })
  }
  if (facts.widthPx !== row.width_px || facts.heightPx !== row.height_px) {
    throw new BackendError(
      'backend_bad_answer',
      `The backend was asked for ${row.width_px}x${row.height_px} and sent ${facts.widthPx}x${facts.heightPx}.`,
      { retry: 'never' },
    )
  }
  const format = formatOfMediaType(`image/${facts.format}`)
  // An AVIF cannot be marked without encoding it again.
  if (format === undefined || format === 'avif') {
    throw new BackendError('backend_bad_answer', `The backend sent ${facts.format}, which is not stored.`, {
      retry: 'never',
    })
  }
  return { facts, format }
}

/** Every picture says how it was made (EU AI Act, Article 50): IPTC DigitalSourceType in XMP. */
async function mark(drawn: Drawn, backend: Backend, row: GenerationRow): Promise<Uint8Array> {
  const kind = backend.capabilities(row.model).kind
  return await markPicture(drawn.bytes, {
    digitalSourceType: sourceTypeOf(kind, row),
    creatorTool: `Darkroom (${row.backend}:${row.model})`,
  })
}

/** A picture that was changed by a model is a composite (IPTC's words for inpainting and the like). */
function sourceTypeOf(kind: BackendCapabilities['kind'], { inputs }: GenerationRow): DigitalSourceType {
  if (kind === 'procedural') return 'algorithmicMedia'
  return inputs?.image === undefined ? 'trainedAlgorithmicMedia' : 'compositeWithTrainedAlgorithmicMedia'
}

async function settleFailure(leased: LeasedGeneration, error: unknown, context: RunContext): Promise<void> {
  if (error instanceof Interruption) {
    // A cancelled record is settled already, and a lost lease is another worker's now.
    // Who made room is queued again, unless the commit of that has failed: without the lease this changes nothing.
    if (error.kind === 'drain' || error.kind === 'yield') await leased.requeue({ kind: 'drain' })
    return
  }
  const decided = decide(error, leased.row)
  context.log.warn(
    { generation: leased.row.id, err: error, decided: decided.kind },
    'generation did not succeed',
  )
  if (decided.kind === 'retry') await leased.requeue(decided)
  else await leased.fail(decided.failure)
}

type Decision = Extract<Requeue, { kind: 'retry' }> | { kind: 'fail'; failure: Failure }

/** Whether to run again, as the error says; an adapter never retries by itself. */
function decide(error: unknown, row: GenerationRow): Decision {
  if (!(error instanceof BackendError)) {
    // Storage or database trouble, or a fault in an adapter. The reason is in the log; users get a sentence.
    const code = error instanceof DarkroomError ? error.code : 'backend_failed'
    return retryOrFail(
      { code, message: "The picture could not be made; the server's log says why.", retry: 'same' },
      row,
    )
  }
  return retryOrFail(error, row)
}

function retryOrFail(
  error: Pick<BackendError, 'code' | 'message' | 'retry'> & { retryAfterS?: number | undefined },
  row: GenerationRow,
): Decision {
  const retryable = error.retry === 'same' || error.retry === 'elsewhere'
  // 1 s, 2 s: long enough for a restart, short enough for somebody who waits.
  const delayS = Math.max(error.retryAfterS ?? 0, 2 ** row.retries)
  if (retryable && row.retries < maxRetries && delayS <= 30) {
    return { kind: 'retry', code: error.code, message: error.message, delayS }
  }
  const retryAfterS = retryable
    ? Math.min(60, Math.max(error.retryAfterS ?? 0, 2 ** (row.attempt - 1)))
    : undefined
  return { kind: 'fail', failure: { code: error.code, message: error.message, retryAfterS } }
}
