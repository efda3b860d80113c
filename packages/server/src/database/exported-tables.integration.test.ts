import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import { exportedTables, leftBehind } from './exported-tables.ts'

let cluster: TestCluster
let node: TestNode

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
})
afterAll(() => cluster.close())

test('every table of the database is exported, or is said to stay behind', async () => {
  const exported = await node.database.kysely.transaction().execute(exportedTables)
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select table_name as name, array_agg(column_name::text order by ordinal_position) as columns
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = current_schema() and table_type = 'BASE TABLE' group by table_name
  `.execute(node.database.kysely)
  expect(new Set([...exported.map(({ table }) => table), ...leftBehind])).toEqual(
    new Set(rows.map(({ name }) => name)),
  )
  // With every column, those of later migrations too.
  const columns = new Map(rows.map((row) => [row.name, row.columns]))
  for (const { table, columns: named } of exported) expect(named).toEqual(columns.get(table))
})
