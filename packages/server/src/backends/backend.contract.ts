import { loadImage } from '@napi-rs/canvas'
import type { TestContext } from 'vitest'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend, BackendEvent } from './backend.ts'
import { BackendError } from './backend.ts'
import { describeBatches } from './contract-batches.ts'
import { collectEvents, expectEventOrder, expectPicture } from './contract-events.ts'
import type { BackendHarness, ExpectedFailure } from './contract-harness.ts'
import { expectedFailures } from './contract-harness.ts'
import { describeInputs } from './contract-inputs.ts'
import { describePreviews } from './contract-previews.ts'
import type { CurrentHarness } from './contract-runs.ts'
import { follow, never, requestFor, situationOf } from './contract-runs.ts'

/**
 * The suite that every adapter passes. Situations that a harness cannot produce are skipped with its reason.
 * @example describeBackendContract('sketch', async () => ({ backend: createSketchBackend(), … }))
 */
export function describeBackendContract(name: string, makeHarness: () => Promise<BackendHarness>): void {
  describe(`backend contract: ${name}`, () => {
    let harness: BackendHarness
    beforeEach(async () => {
      harness = await makeHarness()
    })
    afterEach(() => harness.close())
    const current: CurrentHarness = () => harness
    describeSuccess(current)
    describeSeparation(current)
    describeBatches(current)
    describeInputs(current)
    describePreviews(current)
    describeAbort(current)
    describeFailures(current)
    describeReadiness(current)
    describeMemory(current)
  })
}

function describeSuccess(current: CurrentHarness): void {
  test('a run yields states, then one picture of the exact size, then done', async () => {
    const harness = current()
    const { image, done, events } = await collectEvents(
      harness.backend.generate(requestFor(harness), never()),
    )
    await expectPicture(image, harness.size)
    for (const warning of done.warnings) expect(warning).toMatch(/^\p{Lu}.*\.$/u)
    const can = harness.backend.capabilities(harness.model)
    const seen = new Set(events.map((event) => event.type))
    if (seen.has('progress')) expect(can.progress).toBe(true)
    if (seen.has('preview')) expect(can.previews).toBe(true)
  })

  test('what the model cannot take into account comes back as a warning', async () => {
    const harness = current()
    const can = harness.backend.capabilities(harness.model)
    const plain = await collectEvents(harness.backend.generate(requestFor(harness), never()))
    const changes = { negative: 'people, text', style: 'a style that nobody has heard of' }
    const asked = await collectEvents(harness.backend.generate(requestFor(harness, changes), never()))
    const ignored = Number(!can.negative) + Number(!can.style)
    expect(asked.done.warnings.length - plain.done.warnings.length).toBeGreaterThanOrEqual(ignored)
  })

  test('capabilities are stated for the model', () => {
    const { backend, model, size } = current()
    const can = backend.capabilities(model)
    expect(can.rendererVersion).toMatch(/\S/u)
    if (can.sizes !== null) expect(can.sizes).toContainEqual(size)
    expect(backend.capabilities(model)).toEqual(can)
  })
}

function describeSeparation(current: CurrentHarness): void {
  const prompts = ['a red sailboat at sunset', 'a snowy mountain at night', 'a lighthouse in the fog']

  test('concurrent runs do not mix', async (context: TestContext) => {
    const harness = current()
    if (harness.deterministic !== true) context.skip(harness.deterministic)
    const draw = async (prompt: string): Promise<Uint8Array> =>
      (await collectEvents(harness.backend.generate(requestFor(harness, { prompt }), never()))).image.bytes
    const alone: Uint8Array[] = []
    for (const prompt of prompts) alone.push(await draw(prompt))
    expect(new Set(alone.map((bytes) => Buffer.from(bytes).toString('base64'))).size).toBe(prompts.length)
    const together = await Promise.all(prompts.map(draw))
    for (const [index, bytes] of together.entries())
      expect(Buffer.compare(bytes, alone[index] ?? bytes)).toBe(0)
  })

  test('two runs with one id each get their own picture or a BackendError', async (context) => {
    const harness = current()
    const { backend, request } = await situationOf(context, harness, 'duplicateId')
    const runs = prompts
      .slice(0, 2)
      .map((prompt) =>
        collectEvents(
          backend.generate(requestFor(harness, { ...request, prompt, id: 'contract-twice' }), never()),
        ),
      )
    const settled = await Promise.allSettled(runs)
    expect(settled.some((run) => run.status === 'fulfilled')).toBe(true)
    for (const run of settled) if (run.status === 'rejected') expect(run.reason).toBeInstanceOf(BackendError)
    const pictures = settled.flatMap((run) => (run.status === 'fulfilled' ? [run.value.image.bytes] : []))
    const [first, second] = pictures
    if (first && second) expect(Buffer.compare(first, second)).not.toBe(0)
  })
}

function describeAbort(current: CurrentHarness): void {
  const reason = new Error('nobody wants it any more')

  test('an aborted signal is refused before anything happens', async () => {
    const harness = current()
    const { events, end } = follow(harness.backend.generate(requestFor(harness), AbortSignal.abort(reason)))
    expect(await end).toBe(reason)
    expect(events.filter((event) => event.type === 'image')).toEqual([])
    await expect(harness.backend.warm(harness.model, AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  test('an abort while the server works rejects with the reason of the signal', async (context) => {
    const harness = current()
    const { backend, request, reached, stopped } = await situationOf(context, harness, 'running')
    const abort = new AbortController()
    const { first, events, end } = follow(backend.generate(requestFor(harness, request), abort.signal))
    await (reached ?? first)
    abort.abort(reason)
    expect(await end).toBe(reason)
    expect(events.filter((event) => event.type === 'image')).toEqual([])
    await stopped
  })

  test('an abort while the request waits in the queue of the server takes it out', async (context) => {
    const harness = current()
    const { backend, request, reached, stopped } = await situationOf(context, harness, 'queued')
    const abort = new AbortController()
    const { first, events, end } = follow(backend.generate(requestFor(harness, request), abort.signal))
    await (reached ?? first)
    abort.abort(reason)
    expect(await end).toBe(reason)
    expect(events.filter((event) => event.type === 'started' || event.type === 'image')).toEqual([])
    await stopped
  })

  test('a consumer that stops reading ends the run, and the next one works', async () => {
    const harness = current()
    const run = harness.backend.generate(requestFor(harness), never())[Symbol.asyncIterator]()
    expect((await run.next()).done).toBe(false)
    await run.return?.()
    expect((await run.next()).done).toBe(true)
    await collectEvents(harness.backend.generate(requestFor(harness), never()))
  })
}

async function expectFailure(run: AsyncIterable<BackendEvent>, expected: ExpectedFailure): Promise<void> {
  const { events, end } = follow(run)
  const error = await end
  if (!(error instanceof BackendError)) throw new Error(`Expected a BackendError, got ${String(error)}`)
  expect(expected.codes).toContain(error.code)
  expect(expected.retries).toContain(error.retry)
  expect(error.message).toMatch(/^\P{Cc}{10,500}$/u)
  expect(events.filter((event) => event.type === 'image' || event.type === 'done')).toEqual([])
}

function describeFailures(current: CurrentHarness): void {
  for (const expected of expectedFailures) {
    test(`${expected.situation}: fails as ${expected.codes.join(' or ')}`, async (context) => {
      const harness = current()
      const { backend, request } = await situationOf(context, harness, expected.situation)
      await expectFailure(backend.generate(requestFor(harness, request), never()), expected)
    })
  }

  test('a picture of another size is refused, or handed over as it came: never made to fit', async (context) => {
    const harness = current()
    const { backend, request } = await situationOf(context, harness, 'wrongSize')
    const { events, end } = follow(backend.generate(requestFor(harness, request), never()))
    const error = await end
    if (error instanceof BackendError) return expect(error.code).toBe('backend_bad_answer')
    expect(error).toBeUndefined()
    const { image } = expectEventOrder(events)
    const { width, height } = await loadImage(Buffer.from(image.bytes))
    expect({ widthPx: width, heightPx: height }).not.toEqual(harness.size)
  })

  test('a server that is still loading is waited for, or to be tried again', async (context) => {
    const harness = current()
    const { backend, request } = await situationOf(context, harness, 'slowStart')
    const { events, end } = follow(backend.generate(requestFor(harness, request), never()))
    const error = await end
    if (error === undefined) return expect(events.at(-1)?.type).toBe('done')
    expect(error).toBeInstanceOf(BackendError)
    expect(['backend_busy', 'backend_unavailable']).toContain((error as BackendError).code)
    expect(['same', 'elsewhere']).toContain((error as BackendError).retry)
  })
}

function describeReadiness(current: CurrentHarness): void {
  const healthOf = (backend: Backend): ReturnType<Backend['health']> => backend.health()

  test('health: ready, and warm succeeds', async () => {
    const { backend, model } = current()
    expect(await healthOf(backend)).toEqual({ state: 'ready' })
    await backend.warm(model)
  })

  test('health: failed with a reason, and warm rejects', async (context) => {
    const harness = current()
    const { backend } = await situationOf(context, harness, 'unhealthy')
    expect(await healthOf(backend)).toEqual({ state: 'failed', reason: expect.stringMatching(/\S/u) })
    await expect(backend.warm(harness.model)).rejects.toBeInstanceOf(BackendError)
  })

  test('close can be called twice', async () => {
    const { backend } = current()
    await backend.close()
    await expect(backend.close()).resolves.toBeUndefined()
  })
}

function describeMemory(current: CurrentHarness): void {
  test('free gives memory back, and the next generation works', async (context: TestContext) => {
    const harness = current()
    const { backend } = harness
    if (backend.free === undefined) context.skip('this adapter has no way to free memory')
    await collectEvents(backend.generate(requestFor(harness), never()))
    await backend.free()
    const { done } = await collectEvents(backend.generate(requestFor(harness), never()))
    expect(done.type).toBe('done')
  })

  test('loaded names the model after warm', async (context: TestContext) => {
    const { backend, model } = current()
    if (backend.loaded === undefined) context.skip('this adapter cannot tell what is loaded')
    await backend.warm(model)
    expect(await backend.loaded()).toContain(model)
  })
}
