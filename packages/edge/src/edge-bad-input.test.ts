import { describe, expect, it } from 'vitest'
import { createKit, ok, settle, statusOf } from './testing/edge-test-kit.ts'

function collect(): {
  log: { warn: (fields: Record<string, unknown>, message: string) => void }
  lines: string[]
} {
  const lines: string[] = []
  return { lines, log: { warn: (fields, message) => void lines.push(`${String(fields['key'])} ${message}`) } }
}

const fresh = { 'cache-control': 'max-age=3600' }

describe('an origin that goes too far', () => {
  it.each([
    [
      'more Vary names than anybody has',
      { vary: Array.from({ length: 40 }, (_, at) => `x-${at}`).join(', ') },
    ],
    ['a gigantic Vary', { vary: Array.from({ length: 20_000 }, (_, at) => `x-${at}`).join(', ') }],
    [
      'more tags than anybody has',
      { 'cache-tag': Array.from({ length: 2000 }, (_, at) => `t${at}`).join(',') },
    ],
    ['a gigantic tag', { 'surrogate-key': 'x'.repeat(200_000) }],
  ])(
    '%s: answered from the origin each time, logged once, nothing stored',
    async (_name, headers: Record<string, string>) => {
      const { log, lines } = collect()
      let answers = 0
      const { get, calls, edge } = createKit(() => ok({ ...fresh, ...headers }, `answer ${(answers += 1)}`), {
        log,
      })
      for (let number = 1; number <= 5; number += 1) {
        const response = await get('/a')
        expect(await response.text()).toBe(`answer ${number}`)
        expect(statusOf(response)).toContain('MISS')
      }
      expect(calls).toHaveLength(5)
      expect(edge.stats().objects).toBe(0)
      expect(lines).toHaveLength(1)
    },
  )

  it('logs another URL too, and goes on after a thousand of them', async () => {
    const { log, lines } = collect()
    const { get } = createKit(() => ok({ ...fresh, vary: 'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q' }), { log })
    for (let number = 0; number < 1100; number += 1) await get(`/${number}`)
    expect(lines).toHaveLength(1100)
    await get('/1099')
    expect(lines).toHaveLength(1100)
  })

  it('keeps a bounded number of variants of one URL, whatever clients send', async () => {
    const { log, lines } = collect()
    const { get, edge } = createKit(() => ok({ ...fresh, vary: 'user-agent' }), { log })
    const asked = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 1) await get('/a', { 'user-agent': `browser ${number}` })
    }
    await asked(0, 32)
    expect(lines).toEqual([])
    await asked(32, 500)
    expect(edge.stats().objects).toBe(64)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\/a Vary names a header of many values/u)
  })
})

describe('a clock that jumps', () => {
  it.each([
    ['back a day', -86_400],
    ['back to 1970', -1_795_000_000],
  ])(
    '%s: the age is unknown, so the origin is asked, and its answer is stored by the new time',
    async (_name, s) => {
      const { get, calls, clock } = createKit(() =>
        ok({ ...fresh, date: new Date(clock.nowMs).toUTCString() }),
      )
      await get('/a')
      clock.advanceS(s)
      expect(statusOf(await get('/a'))).toContain('MISS')
      clock.advanceS(3599)
      expect(statusOf(await get('/a'))).toContain('HIT')
      clock.advanceS(1)
      expect(statusOf(await get('/a'))).toContain('MISS')
      expect(calls).toHaveLength(3)
    },
  )

  it('back a moment: what is stored grows no younger', async () => {
    const { get, calls, clock } = createKit(() => ok({ ...fresh, age: '600' }))
    await get('/a')
    clock.advanceS(-5)
    const response = await get('/a')
    expect([statusOf(response), response.headers.get('age')]).toEqual([expect.stringContaining('HIT'), '600'])
    expect(calls).toHaveLength(1)
  })

  it('ahead: nothing is served as fresh that is not, and what comes then is stored by the new time', async () => {
    const { get, calls, clock } = createKit(() => ok({ ...fresh, date: new Date(clock.nowMs).toUTCString() }))
    await get('/a')
    clock.advanceS(10 * 365 * 86_400)
    expect(statusOf(await get('/a'))).toContain('MISS')
    expect(statusOf(await get('/a'))).toContain('HIT')
    expect(calls).toHaveLength(2)
  })

  it('between question and answer: a negative delay is no age', async () => {
    const { get, clock } = createKit(() => {
      clock.advanceS(-500)
      return ok(fresh)
    })
    await get('/a')
    expect((await get('/a')).headers.get('age')).toBe('0')
  })

  it('an answer dated in the future is not fresh for longer', async () => {
    const { get, clock } = createKit(() =>
      ok({ ...fresh, date: new Date(clock.nowMs + 86_400_000).toUTCString() }),
    )
    await get('/a')
    clock.advanceS(3600)
    expect(statusOf(await get('/a'))).toContain('MISS')
    await settle()
  })
})
