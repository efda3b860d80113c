import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { WebhookRow } from '../webhooks/webhook-row.ts'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import { accept, finish, jobOf, newAsk, newSpec, rowOf, startTestCluster } from './testing/test-cluster.ts'

const webhook = { url: 'https://shop.example.org/hook', secret: undefined }

let cluster: TestCluster
let node: TestNode
let other: TestNode

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  other = await cluster.openNode()
})
afterAll(() => cluster.close())

async function order(from: TestNode, specs: readonly PictureSpec[]): Promise<string> {
  return (await accept(from, newAsk(specs, { webhook }))).record.id
}

async function messagesOf(subject: string): Promise<WebhookRow[]> {
  return await node.database.kysely
    .selectFrom('webhooks')
    .selectAll()
    .where('subject', '=', subject)
    .execute()
}

async function typesOf(subject: string): Promise<(string | null)[]> {
  return (await messagesOf(subject)).map(({ type }) => type)
}

describe('the message about a request', () => {
  test('is sent off once, however its pictures settle beside each other', async () => {
    for (let round = 0; round < 15; round += 1) {
      const specs = [newSpec(), newSpec(), newSpec(), newSpec()]
      const id = await order(node, specs)
      await Promise.all(specs.map((spec, index) => finish(index % 2 === 0 ? node : other, spec)))
      expect(await typesOf(id)).toEqual(['generation.stored'])
    }
  })

  test('is never lost when a request joins what settles at that moment', async () => {
    for (let round = 0; round < 25; round += 1) {
      const spec = newSpec()
      await accept(node, newAsk([spec]))
      const [id] = await Promise.all([order(other, [spec]), finish(node, spec)])
      expect(await typesOf(id)).toEqual(['generation.stored'])
    }
  })

  test('nor when pictures are shared in any order, cancelled and taken from dead workers at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const specs = [newSpec(), newSpec(), newSpec()]
      const ids = await Promise.all([
        order(node, specs),
        order(other, specs.toReversed()),
        order(node, specs.slice(1)),
      ])
      const [last] = specs
      if (last === undefined) throw new Error('there are three')
      await other.leases.take(jobOf(await rowOf(node, last)), 4712)
      await Promise.all([
        node.generations.cancel('default', ids[2] ?? '').catch(() => {}),
        finish(other, specs[1] ?? last),
        finish(node, specs[2] ?? last).catch(() => {}),
        other.leases.recover(4712),
      ])
      await finish(node, last)
      for (const id of ids.slice(0, 2)) expect(await typesOf(id)).toEqual(['generation.stored'])
      // Whichever came first: the cancellation, or the last of its pictures.
      const types = await typesOf(ids[2] ?? '')
      expect(types).toHaveLength(1)
      expect(['generation.cancelled', 'generation.stored']).toContain(types[0])
    }
  })

  test('is sent off although a worker of an earlier release settled it', async () => {
    const [settled, open] = [newSpec(), newSpec()]
    const id = await order(node, [settled])
    const unsettled = await order(node, [open])
    const row = await rowOf(node, settled)
    await node.database.pool.query(
      `update generations set status = 'failed', error_code = 'backend_failed', settled_at = now() where id = $1`,
      [row.id],
    )
    expect(await node.leases.tellOfForgotten()).toBe(1)
    expect(await typesOf(id)).toEqual(['generation.failed'])
    expect(await typesOf(unsettled)).toEqual([null])
    expect(await other.leases.tellOfForgotten()).toBe(0)
  })

  test('about a worker that keeps dying says so', async () => {
    const spec = newSpec()
    const id = await order(node, [spec])
    for (let death = 0; death < 4; death += 1) {
      await node.leases.take(jobOf(await rowOf(node, spec)), 4713)
      await other.leases.recover(4713)
    }
    const [message] = await messagesOf(id)
    expect(message).toMatchObject({ type: 'generation.failed', status: 'pending' })
    expect(message?.data).toContain('worker_lost')
  })
})
