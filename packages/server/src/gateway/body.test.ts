import { describe, expect, test } from 'vitest'
import { maxJsonBytes, mediaTypeOfRequest, readBytes, readFormData, readJsonBody } from './body.ts'

function post(body: BodyInit, contentType: string | undefined = 'application/json'): Request {
  const headers = new Headers()
  if (contentType !== undefined) headers.set('content-type', contentType)
  return new Request('http://127.0.0.1/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
}

/** A body of unknown length, in chunks; counts how many of them were asked for. */
function chunked(
  chunkBytes: number,
  count: number,
): { body: ReadableStream<Uint8Array>; pulled: () => number } {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (pulled === count) return controller.close()
      pulled += 1
      controller.enqueue(new Uint8Array(chunkBytes).fill(0x20))
    },
  })
  return { body, pulled: () => pulled }
}

describe('a JSON body', () => {
  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/problem+json'])(
    'is read as %s',
    async (contentType) => {
      expect(await readJsonBody(post('{"prompt":"ü"}', contentType))).toEqual({ prompt: 'ü' })
    },
  )

  test.each(['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded', ''])(
    'as %j is refused with 415',
    async (contentType) => {
      await expect(readJsonBody(post('{}', contentType))).rejects.toMatchObject({ status: 415 })
    },
  )

  test.each([['{'], [''], ['undefined'], [new Uint8Array([0x22, 0xff, 0x22])]])(
    'that is none is refused with 400: %j',
    async (body) => {
      await expect(readJsonBody(post(body))).rejects.toMatchObject({ code: 'invalid_json', status: 400 })
    },
  )
})

test('a name that stands twice is refused: two readers may take different ones', async () => {
  await expect(readJsonBody(post('{"slides":[{"title":"a","title":"b"}]}'))).rejects.toMatchObject({
    code: 'duplicate_parameter',
    status: 400,
    facts: { param: 'title' },
  })
})

describe('a multipart body', () => {
  const form = (...names: string[]): Request => {
    const body = new FormData()
    for (const name of names) body.append(name, new Blob([name]), 'a.jpg')
    return new Request('http://127.0.0.1/', { method: 'POST', body })
  }

  test('is read', async () => {
    expect([...(await readFormData(form('file', 'carousel'), 1000)).keys()]).toEqual(['file', 'carousel'])
  })

  test('with two parts of one name is refused', async () => {
    await expect(readFormData(form('file', 'carousel', 'file'), 1000)).rejects.toMatchObject({
      code: 'duplicate_parameter',
      facts: { param: 'file' },
    })
  })
})

describe('the size of a body', () => {
  test('at the limit it is read, in one chunk or in many', async () => {
    expect((await readBytes(post(new Uint8Array(1000)), 1000)).byteLength).toBe(1000)
    expect((await readBytes(post(chunked(100, 10).body), 1000)).byteLength).toBe(1000)
  })

  test('in pieces of any size it is what was sent', async () => {
    const sent = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251)
    const cuts = [0, 1, 2, 3, 70_000, 70_001, 150_000, 200_000]
    const pieces = cuts.slice(1).map((end, index) => sent.slice(cuts[index], end))
    const kept = pieces.map((piece) => piece.slice())
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
    const read = await readBytes(post(body), 200_000)
    expect(Buffer.compare(read, sent)).toBe(0)
    // The pieces are their sender's: none of them was written into.
    expect(pieces).toEqual(kept)
  })

  test('one byte more is refused, whether it was declared or not', async () => {
    await expect(readBytes(post(new Uint8Array(1001)), 1000)).rejects.toMatchObject({ status: 413 })
    await expect(readBytes(post(chunked(1001, 1).body), 1000)).rejects.toMatchObject({ status: 413 })
  })

  test('a refused body is read to its end, so that its sender reads the answer', async () => {
    const sent = chunked(maxJsonBytes, 3)
    await expect(readJsonBody(post(sent.body))).rejects.toMatchObject({ code: 'body_too_large' })
    expect(sent.pulled()).toBe(3)
  })

  test('but not for ever', async () => {
    const sent = chunked(16 * 1024 * 1024, 1000)
    await expect(readBytes(post(sent.body), 1000)).rejects.toMatchObject({ code: 'body_too_large' })
    expect(sent.pulled()).toBeLessThan(12)
  })
})

test('a body that breaks off is the sender’s fault, not that of a connection of ours', async () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(reset) })
  await expect(readBytes(post(body), 1000)).rejects.toMatchObject({ code: 'request_timeout', status: 408 })
})

describe('a multipart body', () => {
  const type = 'multipart/form-data; boundary=XX'
  const part = (name: string, headers = ''): string =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n${headers}\r\nvalue\r\n`

  test.each([type, 'multipart/form-data; charset=utf-8; Boundary="XX"'])(
    'is read as %s',
    async (contentType) => {
      const form = await readFormData(post(`${part('a')}${part('b')}--XX--\r\n`, contentType), 1000)
      expect([...form]).toEqual([
        ['a', 'value'],
        ['b', 'value'],
      ])
    },
  )

  test.each([
    ['very many parts', part('a').repeat(17)],
    ['very long headers', part('a', `X: ${'x'.repeat(9000)}\r\n`)],
    ['very many headers', part('a', 'X: 1\r\n'.repeat(2000))],
  ])('of %s is refused before it is parsed', async (_, body) => {
    const request = post(`${body}--XX--\r\n`, type)
    await expect(readFormData(request, 1_000_000)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('at most 16 parts'),
    })
  })

  test('that ends early is refused by the parser', async () => {
    await expect(readFormData(post(part('a'), type), 1000)).rejects.toMatchObject({ status: 400 })
  })
})

test('a media type is compared without parameters and case', () => {
  expect(mediaTypeOfRequest(post('', ' Image/PNG ; q=1'))).toBe('image/png')
})
