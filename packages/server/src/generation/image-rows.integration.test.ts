import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import { accept, finish, newAsk, newSpec, rowOf, startTestCluster } from './testing/test-cluster.ts'
import { imageIdsOfTags } from './image-rows.ts'

let cluster: TestCluster
let node: TestNode

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
})
afterAll(() => cluster.close())

interface PlanNode {
  'Relation Name'?: string
  'Actual Rows': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

/** Rows of each table that a plan has read. */
function rowsRead(plan: PlanNode): Record<string, number> {
  const read: Record<string, number> = {}
  const visit = (part: PlanNode): void => {
    const table = part['Relation Name']
    if (table !== undefined)
      read[table] = (read[table] ?? 0) + part['Actual Rows'] + (part['Rows Removed by Filter'] ?? 0)
    for (const inner of part.Plans ?? []) visit(inner)
  }
  visit(plan)
  return read
}

describe('pictures of a tag', () => {
  test('are found by what bears it, not by reading all requests', async () => {
    const [tagged, other] = [newSpec(), newSpec()]
    await accept(node, newAsk([tagged], { tags: ['spring', 'sale'] }))
    await accept(node, newAsk([other], { tags: ['autumn'] }))
    for (const spec of [tagged, other]) await finish(node, spec)
    await sql`
      insert into requests (id, project, scope, source, prompt, model, tags, n, priority)
      select 'req_' || number, 'default', 'demo', 'live', '', 'default',
        case when number % 2 = 0 then '{}'::text[] else array['tag ' || number] end, 1, 'demand'
      from generate_series(1, 5000) as number
    `.execute(node.database.kysely)
    await sql`vacuum analyze requests`.execute(node.database.kysely)
    const { image_id: imageId } = await rowOf(node, tagged)
    expect(await imageIdsOfTags(node.database.kysely, 'default', ['spring'], 10)).toEqual([imageId])
    expect(await imageIdsOfTags(node.database.kysely, 'another', ['spring'], 10)).toEqual([])

    const asked: { text: string; values: readonly unknown[] }[] = []
    const listening = node.database.kysely.withPlugin({
      transformQuery: ({ node: query }) => {
        const { sql: text, parameters } = node.database.kysely.getExecutor().compileQuery(query, queryId)
        asked.push({ text, values: parameters })
        return query
      },
      transformResult: async ({ result }) => result,
    })
    await imageIdsOfTags(listening, 'default', ['spring'], 10)
    const [query] = asked
    const { rows } = await node.database.pool.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `explain (analyze, format json) ${query?.text}`,
      [...(query?.values ?? [])],
    )
    const [answer] = rows[0]?.['QUERY PLAN'] ?? []
    expect(rowsRead(answer?.Plan as PlanNode)['requests']).toBe(1)
  })
})

const queryId = { queryId: 'explained' }
