import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCluster } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import { openPatiently } from './open-patiently.ts'

let cluster: TestCluster
const said: string[] = []
const log = {
  info: () => {},
  error: () => {},
  warn: (_facts: object, message: string) => void said.push(message),
}

beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.close())

test('a database that is killed just now is waited for, and that is said once', async () => {
  await cluster.killServer()
  const database = await openPatiently({ connection: cluster.connection, log })
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  expect(said).toEqual(['the database cannot be reached: trying for 10 s'])
  await database.close()
})

test('a wrong password is told at once', async () => {
  said.length = 0
  const connection = { ...cluster.connection, password: 'wrong' }
  await expect(openPatiently({ connection, log })).rejects.toThrow(/password/u)
  expect(said).toEqual([])
})
