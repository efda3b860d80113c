import { describe, expect, test } from 'vitest'
import type { CdnAdapter, CdnOptions, CdnPurge, CdnTarget } from './cdn-adapter.ts'
import type { CdnReceived, FakeCdn } from './testing/fake-cdn.ts'
import { startFakeCdn } from './testing/fake-cdn.ts'

/** The key that every adapter under test is given: no reason may repeat it. */
export const testKey = 'a-key-that-nobody-may-see'

/** One CDN, as its documentation describes it. */
export interface CdnHarness {
  create(baseUrl: string, options: CdnOptions): CdnAdapter
  /** What its API sends for a purge that it took. */
  success: { status: number; body: string }
  /** What it sends for a wrong key. */
  unauthorized: { status: number; body: string }
  /** Answers that look like success and are none; a string says why it has none. */
  falseSuccess: readonly { status: number; body: string; outcome: 'retry' | 'refused' }[] | string
  /** The request for a purge, as its documentation has it. */
  requests: readonly {
    purge: Omit<CdnPurge, 'reference'>
    request: { method: string; path: string; headers?: Record<string, string>; body: string }
  }[]
}

const reference = 'order-1'
const forever = new AbortController().signal

/** What every adapter does, against a server on loopback. */
export function describeCdnContract(name: string, harness: CdnHarness): void {
  const { success } = harness

  async function purge(
    answer: FakeCdn['answer'],
    what: Omit<CdnPurge, 'reference'> = { tags: ['a'], soft: false },
    options: CdnOptions = {},
    signal = forever,
  ): Promise<{ outcome: Awaited<ReturnType<CdnAdapter['purge']>>; received: readonly CdnReceived[] }> {
    await using fake = await startFakeCdn()
    fake.answer = answer
    const adapter = harness.create(fake.url, { timeoutMs: 5000, ...options })
    const outcome = await adapter.purge({ ...what, reference }, signal)
    return { outcome, received: [...fake.received] }
  }

  const says =
    (status: number, body: string, headers: Record<string, string> = {}): FakeCdn['answer'] =>
    (response) =>
      void response.writeHead(status, headers).end(body)

  describe(`${name}: the adapter`, () => {
    test.each(harness.requests)('sends $purge', async ({ purge: what, request }) => {
      const { outcome, received } = await purge(says(success.status, success.body), what)
      expect(outcome).toEqual({ outcome: 'done' })
      expect(received).toHaveLength(1)
      const [first] = received
      expect({ method: first?.method, path: first?.path, body: first?.body }).toEqual({
        method: request.method,
        path: request.path,
        body: request.body,
      })
      expect(first?.headers).toMatchObject(request.headers ?? {})
    })

    test('sends as many names as it says it takes, and refuses one more', async () => {
      const { limits } = harness.create('http://127.0.0.1:1', {})
      for (const target of ['tags', 'urls'] as const) {
        const most = Array.from({ length: limits[target] }, (_, at) =>
          target === 'tags' ? `tag-${at}` : `https://shop.example/${at}`,
        )
        const { outcome } = await purge(says(success.status, success.body), { [target]: most, soft: false })
        expect(outcome).toEqual({ outcome: 'done' })
        await expect(
          purge(says(200, ''), { [target]: [...most, most[0] ?? ''], soft: false }),
        ).rejects.toThrow(RangeError)
      }
    })

    test('takes tags of the greatest length, as answers have them', async () => {
      const { limits } = harness.create('http://127.0.0.1:1', {})
      const tags = Array.from({ length: limits.tags }, (_, at) => `${at}-`.padEnd(128, 'x'))
      const { outcome } = await purge(says(success.status, success.body), { tags, soft: false })
      expect(outcome).toEqual({ outcome: 'done' })
    })

    test('takes one of tags, URLs and everything', async () => {
      for (const wrong of [{}, { tags: [] }, { tags: ['a'], everything: true }, { tags: ['a'], urls: ['b'] }])
        await expect(purge(says(200, ''), { ...wrong, soft: false })).rejects.toThrow(RangeError)
    })

    test('says which purges it softens, and drops where it cannot', async () => {
      const adapter = harness.create('http://127.0.0.1:1', {})
      const named: Record<CdnTarget, Omit<CdnPurge, 'reference' | 'soft'>> = {
        tags: { tags: ['a'] },
        urls: { urls: ['https://shop.example/a'] },
        everything: { everything: true },
      }
      for (const target of ['tags', 'urls', 'everything'] as const) {
        const answer = says(success.status, success.body)
        const [soft, hard] = [
          await purge(answer, { ...named[target], soft: true }),
          await purge(answer, { ...named[target], soft: false }),
        ]
        const sent = ({ received }: typeof soft): unknown => {
          const [first] = received
          const {
            date: _date,
            host: _host,
            authorization: _key,
            'x-amz-date': _at,
            ...headers
          } = first?.headers ?? {}
          return { path: first?.path, body: first?.body, headers }
        }
        if (adapter.softens[target]) expect(sent(soft)).not.toEqual(sent(hard))
        else expect(sent(soft)).toEqual(sent(hard))
      }
    })

    test('a wrong key is one for an operator, who is not shown it', async () => {
      const { status, body } = harness.unauthorized
      const { outcome, received } = await purge(says(status, `${body} ${testKey}`))
      expect(outcome).toMatchObject({ outcome: 'unauthorized', status })
      expect(received).toHaveLength(1)
      expect(JSON.stringify(outcome)).not.toContain(testKey)
    })

    test('429 and 503 wait as long as they say', async () => {
      for (const status of [429, 503]) {
        const { outcome } = await purge(says(status, '{}', { 'retry-after': '17' }))
        expect(outcome).toMatchObject({ outcome: 'retry', status, retryAfterMs: 17_000 })
      }
      const now = (): number => Date.UTC(2026, 10, 21, 12)
      const date = { 'retry-after': new Date(now() + 60_000).toUTCString() }
      const { outcome } = await purge(says(429, '', date), undefined, { now })
      expect(outcome).toMatchObject({ outcome: 'retry', retryAfterMs: 60_000 })
    })

    test.each([500, 502, 504, 408])('%i is tried again, by whoever keeps the purge', async (status) => {
      const { outcome, received } = await purge(says(status, '<html>oh</html>'))
      expect(outcome).toMatchObject({ outcome: 'retry', status })
      expect(received).toHaveLength(1)
    })

    test.each([400, 404, 422])('%i refuses this purge', async (status) => {
      expect((await purge(says(status, 'no'))).outcome).toMatchObject({ outcome: 'refused', status })
    })

    test('a redirect is not followed: the key stays here', async () => {
      await using elsewhere = await startFakeCdn()
      const { outcome } = await purge(says(302, '', { location: elsewhere.url }))
      expect(outcome).toMatchObject({ outcome: 'refused', status: 302 })
      expect(elsewhere.received).toEqual([])
    })

    test('what hangs, breaks off or is not there is tried again, and the reason has no key', async () => {
      const hanging = await purge(() => undefined, undefined, { timeoutMs: 200 })
      const broken = await purge((response) => void response.socket?.destroy())
      const cut = await purge((response) => {
        response.writeHead(200, { 'content-length': '1000' })
        response.write('{"success')
        setImmediate(() => response.socket?.destroy())
      })
      const absent = await harness
        .create('http://127.0.0.1:1', {})
        .purge({ tags: ['a'], soft: false, reference }, forever)
      for (const outcome of [hanging.outcome, broken.outcome, cut.outcome, absent]) {
        expect(outcome).toMatchObject({ outcome: 'retry' })
        expect(JSON.stringify(outcome)).not.toContain(testKey)
      }
    })

    test('an abort ends it at once', async () => {
      const stop = new AbortController()
      const { outcome } = await purge(() => stop.abort(), undefined, {}, stop.signal)
      expect(outcome).toMatchObject({ outcome: 'retry' })
    })

    test('an endless answer is not read to its end', async () => {
      const { outcome } = await purge((response) => {
        response.writeHead(500)
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', more)
        }
        more()
      })
      expect(outcome).toMatchObject({ outcome: 'retry', status: 500 })
    })

    test.skipIf(typeof harness.falseSuccess === 'string')(
      `what looks like success and is none (${typeof harness.falseSuccess === 'string' ? harness.falseSuccess : 'per documentation'})`,
      async () => {
        if (typeof harness.falseSuccess === 'string') return
        for (const { status, body, outcome: wanted } of harness.falseSuccess)
          expect((await purge(says(status, body))).outcome).toMatchObject({ outcome: wanted, status })
      },
    )
  })
}
