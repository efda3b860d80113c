import { expect, it } from 'vitest'
import { settle } from '../testing/edge-test-kit.ts'
import { SharedBody, bodyOf, readBody } from './shared-body.ts'

function streamOf(...chunks: number[][]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk))
      controller.close()
    },
  })
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<number[]> {
  return [...new Uint8Array(await new Response(stream).arrayBuffer())]
}

it('gives everybody all of it, early or late, without one waiting for another', async () => {
  const body = new SharedBody(streamOf([1], [2, 3], [4]), 4)
  const neglected = body.stream()
  expect(await bytesOf(body.stream())).toEqual([1, 2, 3, 4])
  expect([...(await body.whole)]).toEqual([1, 2, 3, 4])
  expect(await bytesOf(body.stream())).toEqual([1, 2, 3, 4])
  expect(await bytesOf(neglected)).toEqual([1, 2, 3, 4])
})

it.each([
  ['less', [[1]], '1 of 2 bytes'],
  ['more', [[1, 2], [3]], 'more than the 2 bytes'],
  ['nothing', [], '0 of 2 bytes'],
])('fails for everybody when %s comes than was announced', async (_name, chunks, message) => {
  const body = new SharedBody(streamOf(...chunks), 2)
  await expect(bytesOf(body.stream())).rejects.toThrow(message)
  await expect(body.whole).rejects.toThrow(message)
  await settle()
  await expect(bytesOf(body.stream())).rejects.toThrow(message)
})

it('reads an empty body', async () => {
  const body = new SharedBody(streamOf(), 0)
  expect(await bytesOf(body.stream())).toEqual([])
  expect((await body.whole).byteLength).toBe(0)
})

it('reads a body up to a limit, and gives a larger one back complete', async () => {
  expect(await readBody(streamOf([1, 2], [3]), 3)).toEqual({ whole: new Uint8Array([1, 2, 3]) })
  const read = await readBody(streamOf([1, 2], [3], [4, 5]), 2)
  expect('tooLarge' in read && (await bytesOf(read.tooLarge))).toEqual([1, 2, 3, 4, 5])
})

it('hands out large bytes without copying them', async () => {
  const bytes = new Uint8Array(100_000)
  const body = bodyOf(bytes)
  const chunk = body instanceof ReadableStream ? (await body.getReader().read()).value : undefined
  expect(chunk).toBe(bytes)
})
