import type { TestContext } from 'vitest'
import { expect, test } from 'vitest'
import type { BackendEvent, BackendRequest } from './backend.ts'
import { BackendError } from './backend.ts'
import { collectEvents, expectEventOrder, expectPicture } from './contract-events.ts'
import { contractInput } from './contract-inputs.ts'
import type { CurrentHarness } from './contract-runs.ts'
import { never, requestFor } from './contract-runs.ts'

const reason = new Error('nobody wants the batch any more')

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** Several pictures of one request: seeds in a row, as `n` of the API makes them, alone and in one call. */
export function describeBatches(current: CurrentHarness): void {
  test('n > 1: seeds in a row give a picture each', async (context: TestContext) => {
    const harness = current()
    const requests = [7, 8, 9].map((seed) => requestFor(harness, { seed }))
    const runs = await Promise.all(
      requests.map((request) => collectEvents(harness.backend.generate(request, never()))),
    )
    for (const { image } of runs) await expectPicture(image, harness.size)
    if (!harness.backend.capabilities(harness.model).seed) context.skip('the model takes no seed')
    expect(new Set(runs.map(({ image }) => Buffer.from(image.bytes).toString('base64'))).size).toBe(3)
  })

  test.for([
    ['a batch', false],
    ['a batch of edits of one picture', true],
  ] as const)(
    '%s gives each request the picture that it gets alone',
    async ([, isEdit], context: TestContext) => {
      const harness = current()
      const { backend, model } = harness
      const { batch: most, edits } = backend.capabilities(model)
      expect(most > 1, 'batch > 1 goes with generateBatch').toBe(backend.generateBatch !== undefined)
      if (backend.generateBatch === undefined) context.skip('this adapter does not batch')
      if (isEdit && !edits.image) context.skip('this model takes no picture')
      const red = contractInput(harness.size, '#c0392b')
      const changes = isEdit ? { inputs: { image: red, references: [] } } : {}
      const requests = Array.from({ length: most }, (_, index) =>
        requestFor(harness, { seed: 7 + index, ...changes }),
      )
      const events = new Map<string, BackendEvent[]>(requests.map(({ id }) => [id, []]))
      for await (const { requestId, ...event } of backend.generateBatch(requests, never())) {
        if (event.type === 'failed') throw event.error
        const own = events.get(requestId)
        if (own === undefined) throw new Error(`an event of ${requestId}, which nobody asked for`)
        own.push(event)
      }
      for (const request of requests) {
        const { image } = expectEventOrder(events.get(request.id) ?? [])
        await expectPicture(image, harness.size)
        if (harness.deterministic !== true) continue
        const alone = await collectEvents(
          backend.generate({ ...request, id: `${request.id}-alone` }, never()),
        )
        expect(Buffer.compare(image.bytes, alone.image.bytes)).toBe(0)
      }
    },
  )

  test('a batch that may not be made in one run is refused', async (context: TestContext) => {
    const harness = current()
    const { backend, model, size } = harness
    if (backend.generateBatch === undefined) context.skip('this adapter does not batch')
    const most = backend.capabilities(model).batch
    const tooMany = Array.from({ length: most + 1 }, () => requestFor(harness))
    const mixed = [requestFor(harness), requestFor(harness, { widthPx: size.widthPx * 2 })]
    for (const requests of [tooMany, mixed, [] as BackendRequest[]]) {
      const run = readAll(backend.generateBatch(requests, never()))
      await expect(run).rejects.toBeInstanceOf(BackendError)
    }
    const refused = backend.generateBatch([requestFor(harness)], AbortSignal.abort(reason))
    await expect(readAll(refused)).rejects.toBe(reason)
  })
}
