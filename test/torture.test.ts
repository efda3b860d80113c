import { expect, test } from 'vitest'
import { torture } from './torture/torture.ts'

/** A short run; `npm run torture -- --kills 100` is the long one. */
test('a dozen kills at random moments under load: nothing accepted is lost, nothing made twice', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const report = await torture({ kills: 12, seed, processes: 4, clients: 6 })
  const { accepted, lost, duplicates, torn, rerunsWithoutCrash, unexplained, wrong } = report
  expect({ seed, lost, duplicates, torn, rerunsWithoutCrash, unexplained, wrong }).toEqual({
    seed,
    lost: 0,
    duplicates: 0,
    torn: 0,
    rerunsWithoutCrash: 0,
    unexplained: [],
    wrong: [],
  })
  expect(accepted).toBeGreaterThan(10)
}, 240_000)
