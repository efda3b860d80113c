import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ServerSentEvent } from './event-stream.ts'
import { serverSentEvents } from './event-stream.ts'
import { collect } from '../openai/testing/run-request.ts'

async function parse(text: string, cuts: readonly number[] = []): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text)
  const ends = [...cuts.map((cut) => cut % (bytes.byteLength + 1)), bytes.byteLength].toSorted(
    (a, b) => a - b,
  )
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let start = 0
    for (const end of ends) {
      yield bytes.subarray(start, end)
      start = end
    }
  }
  return await collect(serverSentEvents(chunks()))
}

const stream =
  'event: größe\r\ndata: {"a":\r\ndata:1}\r\n\r\n: a comment\ndata: x\n\nid: 7\rdata:  y\r\rdata: half'

test('events, with every kind of line end', async () => {
  expect(await parse(stream)).toEqual([
    { event: 'größe', data: '{"a":\n1}' },
    { event: 'message', data: 'x' },
    { event: 'message', data: ' y' },
  ])
})

test('are the same however the bytes are cut', async () => {
  const whole = await parse(stream)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 40 }), async (cuts) => {
      expect(await parse(stream, cuts)).toEqual(whole)
    }),
    { numRuns: 200 },
  )
  const everywhere = Array.from({ length: stream.length + 2 }, (_, index) => index)
  expect(await parse(stream, everywhere)).toEqual(whole)
})

test('an event cut off by the end is dropped', async () => {
  expect(await parse('data: whole\n\ndata: half a pict')).toEqual([{ event: 'message', data: 'whole' }])
})

test('an event without data is none', async () => {
  expect(await parse('event: ping\n\n\n\nretry: 10\n\n')).toEqual([])
})
