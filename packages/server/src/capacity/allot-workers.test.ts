import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allotWorkers } from './allot-workers.ts'

describe('allotting workers to models', () => {
  it('gives whole workers by the work they bring', () => {
    const shares = [
      { model: 'a', work: 62 },
      { model: 'b', work: 30 },
      { model: 'c', work: 8 },
    ]
    expect(allotWorkers(4, shares)).toEqual([
      { model: 'a', desired: 3 },
      { model: 'b', desired: 1 },
    ])
    expect(allotWorkers(0, shares)).toEqual([])
    expect(allotWorkers(3, [])).toEqual([])
  })

  it('adds up to the workers there are, and gives nobody more than his share and one', () => {
    const work = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), work, (workers, works) => {
        const total = works.reduce((sum, each) => sum + each, 0)
        const allotted = allotWorkers(
          workers,
          works.map((each, index) => ({ model: String(index), work: each })),
        )
        expect(allotted.reduce((sum, { desired }) => sum + desired, 0)).toBe(workers)
        for (const { model, desired } of allotted) {
          expect(desired).toBeLessThanOrEqual(((works[Number(model)] ?? 0) / total) * workers + 1)
        }
      }),
    )
  })
})
