import { expect, test } from 'vitest'
import { createConcurrencyLimit } from './concurrency-limit.ts'

/** Work that ends when it is told to. */
function held(): { work: () => Promise<string>; end: (value: string) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { work: async () => await promise, end: resolve, fail: reject }
}

test('runs up to the bound and the rest in order of arrival', async () => {
  const limit = createConcurrencyLimit(2)
  const started: number[] = []
  const jobs = Array.from({ length: 5 }, () => held())
  const runs = jobs.map(async (job, index) => {
    return await limit.run(async () => {
      started.push(index)
      return await job.work()
    })
  })
  await Promise.resolve()
  expect([started, limit.running, limit.waiting]).toEqual([[0, 1], 2, 3])
  jobs[1]?.end('one')
  await runs[1]
  await Promise.resolve()
  expect([started, limit.running, limit.waiting]).toEqual([[0, 1, 2], 2, 2])
  for (const job of jobs) job.end('rest')
  expect(await Promise.all(runs)).toEqual(['rest', 'one', 'rest', 'rest', 'rest'])
  expect([started, limit.running, limit.waiting]).toEqual([[0, 1, 2, 3, 4], 0, 0])
})

test('frees the place of work that failed', async () => {
  const limit = createConcurrencyLimit(1)
  const job = held()
  const failing = limit.run(job.work)
  const next = limit.run(async () => 'next')
  job.fail(new Error('broken'))
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('next')
  expect(limit.running).toBe(0)
})

test('lets a waiting caller leave, and gives its turn to the next', async () => {
  const limit = createConcurrencyLimit(1)
  const job = held()
  const first = limit.run(job.work)
  const controller = new AbortController()
  let ran = false
  const leaving = limit.run(async () => {
    ran = true
  }, controller.signal)
  const last = limit.run(async () => 'last')
  const reason = new Error('left')
  controller.abort(reason)
  await expect(leaving).rejects.toBe(reason)
  expect(limit.waiting).toBe(1)
  job.end('first')
  expect(await Promise.all([first, last])).toEqual(['first', 'last'])
  expect([ran, limit.running, limit.waiting]).toEqual([false, 0, 0])
})

test('never starts work for a signal that is aborted, and refuses a bound that is none', async () => {
  const limit = createConcurrencyLimit(1)
  let ran = false
  const reason = new Error('left')
  await expect(
    limit.run(async () => {
      ran = true
    }, AbortSignal.abort(reason)),
  ).rejects.toBe(reason)
  expect([ran, limit.running]).toEqual([false, 0])
  for (const bound of [0, -1, 1.5, Number.NaN])
    expect(() => createConcurrencyLimit(bound)).toThrow(RangeError)
})
