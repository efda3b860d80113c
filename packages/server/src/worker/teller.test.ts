import { expect, test } from 'vitest'
import { createTeller } from './teller.ts'

interface Told {
  type: string
  data: Record<string, unknown>
}

/** A teller whose writes are held until the test lets them go. */
function setUp(answer: () => Promise<boolean> = async () => true): {
  told: Told[]
  clock: { now: number }
  lost: () => number
  teller: ReturnType<typeof createTeller>
} {
  const told: Told[] = []
  const clock = { now: 0 }
  let lost = 0
  const tell = async (type: string, data: Record<string, unknown>): Promise<boolean> => {
    told.push({ type, data })
    return await answer()
  }
  const teller = createTeller(
    { tell },
    () => clock.now,
    () => {
      lost += 1
    },
  )
  return { told, clock, teller, lost: () => lost }
}

const preview = { type: 'preview', bytes: new Uint8Array([1, 2, 3]), mediaType: 'image/webp' } as const

test('events are written in order, one after the other', async () => {
  let writing = 0
  const { told, clock, teller } = setUp(async () => {
    writing += 1
    expect(writing).toBe(1)
    await Promise.resolve()
    writing -= 1
    return true
  })
  teller.hear({ type: 'queued' })
  teller.hear({ type: 'loading' })
  teller.hear({ type: 'started' })
  await teller.flush()
  clock.now = 1000
  teller.hear({ type: 'progress', fraction: 0.5, step: 2, steps: 4 })
  teller.hear(preview)
  await teller.flush()
  expect(told.map(({ type }) => type)).toEqual(['loading', 'started', 'progress', 'preview'])
  expect(told[2]?.data).toEqual({ fraction: 0.5, step: 2, steps: 4 })
  expect(told[3]?.data).toEqual({ mediaType: 'image/webp', b64: 'AQID' })
})

test('progress is told ten times a second at most, previews twice', async () => {
  const { told, clock, teller } = setUp()
  for (clock.now = 0; clock.now < 1000; clock.now += 10) {
    teller.hear({ type: 'progress', fraction: clock.now / 1000 })
    teller.hear(preview)
    await teller.flush()
  }
  expect(told.filter(({ type }) => type === 'progress')).toHaveLength(10)
  expect(told.filter(({ type }) => type === 'preview')).toHaveLength(2)
})

test('a database that is slower than the run is not given more than it writes', async () => {
  const gate = Promise.withResolvers<boolean>()
  const { told, clock, teller } = setUp(() => gate.promise)
  for (let step = 0; step < 50; step += 1) {
    clock.now += 100
    teller.hear({ type: 'progress', fraction: step / 50 })
  }
  gate.resolve(true)
  await teller.flush()
  expect(told).toHaveLength(3)
})

test('a preview that is no thumbnail is dropped', async () => {
  const { told, teller } = setUp()
  teller.hear({ ...preview, bytes: new Uint8Array(64 * 1024 + 1) })
  await teller.flush()
  expect(told).toEqual([])
})

test('a write that fails costs only itself', async () => {
  let writes = 0
  const { told, teller, lost } = setUp(async () => {
    writes += 1
    if (writes === 1) throw new Error('the database is away')
    return true
  })
  teller.hear({ type: 'loading' })
  teller.hear({ type: 'started' })
  await teller.flush()
  expect(told).toHaveLength(2)
  expect(lost()).toBe(0)
})

test('an event that is refused says that the lease is lost', async () => {
  const { teller, lost } = setUp(async () => false)
  teller.hear({ type: 'started' })
  await teller.flush()
  expect(lost()).toBe(1)
})
