import { expect, test } from 'vitest'
import { createStatementNames } from './prepared-client.ts'

function timesOf(text: string, count: number, { nameOf } = createStatementNames()): (string | undefined)[] {
  return Array.from({ length: count }, () => nameOf(text))
}

test('a text gets a name when it comes often, and keeps it', () => {
  const names = createStatementNames()
  const told = timesOf('select id from t where id = $1', 7, names)
  expect(told.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined])
  expect(new Set(told.slice(4)).size).toBe(1)
  expect(told[4]).toBeDefined()
  expect(timesOf('select name from t where id = $1', 6, names).at(-1)).not.toBe(told[4])
})

test('a text whose columns a newer release may add to gets none', () => {
  for (const text of [
    'select * from "t" where "id" = $1',
    'update "t" set "a" = $1 returning *',
    'select "t".* from "t" where "id" = $1',
  ]) {
    expect(timesOf(text, 20).every((name) => name === undefined)).toBe(true)
  }
  expect(timesOf('select count(*) from t where id = $1', 20).at(-1)).toBeDefined()
})

test('what is kept of texts is bounded', () => {
  const names = createStatementNames()
  const told = new Set<string | undefined>()
  for (let index = 0; index < 500; index += 1) {
    told.add(timesOf(`select ${index} from t where id = $1`, 6, names).at(-1))
  }
  expect(told.size).toBe(121)
})
