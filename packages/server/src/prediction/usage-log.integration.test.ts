import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import type { PictureUse, UsageLog } from './usage-log.ts'
import { createUsageLog } from './usage-log.ts'
import { dayMs } from './usage-event.ts'

let cluster: TestCluster
let node: TestNode
let log: UsageLog

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  cluster.clock.now = Date.UTC(2026, 10, 21, 12)
  log = createUsageLog({
    database: node.database.kysely,
    secret: 'secret',
    keepDays: 30,
    now: () => cluster.clock.now,
    failed: (error) => {
      throw error
    },
  })
})

afterAll(async () => {
  await log.close()
  await cluster.close()
})

function use(prompt: string, more: Partial<PictureUse> = {}): PictureUse {
  return {
    project: 'shop',
    scope: 'live',
    spec: {
      domain: 'shop',
      model: { alias: 'default', backend: 'sketch', model: 'sketch-1', rendererVersion: '1' },
      prompt,
      negative: undefined,
      style: undefined,
      widthPx: 64,
      heightPx: 64,
      seed: 0,
    },
    imageId: 'img_x',
    client: 'key-1 10.0.0.1 Browser',
    format: 'png',
    class: 'hit',
    waitMs: 1,
    ...more,
  }
}

const rows = () => node.database.kysely.selectFrom('usage_events').selectAll().orderBy('id').execute()

test('keeps keys and hashes, and no prompt and no client', async () => {
  log.note(use('a secret wedding'))
  log.note(use('a secret wedding', { client: 'key-2' }))
  await log.flush()
  const [first, second] = await rows()
  expect(first).toMatchObject({ project: 'shop', scope: 'live', width_px: 64, format: 'png', class: 'hit' })
  expect(second?.key).toBe(first?.key)
  expect(second?.session).not.toBe(first?.session)
  expect(JSON.stringify(await rows())).not.toMatch(/wedding|10\.0\.0\.1|key-/u)
})

test('gives a client another session each day, and sizes of one prompt one family', async () => {
  cluster.clock.now += dayMs
  const spec = { ...use('a secret wedding').spec, widthPx: 128 } as PictureUse['spec']
  log.note(use('', { spec }))
  await log.flush()
  const [first, , third] = await rows()
  expect(third?.session).not.toBe(first?.session)
  expect(third?.family).toBe(first?.family)
  expect(third?.key).not.toBe(first?.key)
})

test('forgets what is kept no longer', async () => {
  cluster.clock.now += 29.5 * dayMs
  await log.prune()
  expect(await rows()).toHaveLength(1)
})

test('takes no more than its memory holds', () => {
  for (let index = 0; index < 50_001; index++) log.note(use('a crowd'))
  expect(log.dropped).toBe(1)
})
