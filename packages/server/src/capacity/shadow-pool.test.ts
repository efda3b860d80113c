import { describe, expect, it } from 'vitest'
import { createShadowPool } from './shadow-pool.ts'

const wait = { spinUpS: 150 }

describe('a computed pool', () => {
  it('has a request wait for the start of a worker, and the next one for nothing', () => {
    const waits: number[] = []
    const pool = createShadowPool(wait, (waitS) => waits.push(waitS))
    pool.arrived(10, 20, 'a')
    for (let atS = 10; atS <= 400; atS += 10) {
      if (atS === 300) pool.arrived(5, 20, 'a')
      pool.step(10, () => 1)
    }
    // Ordered at the first step's end, when the request came.
    expect(waits).toEqual([150, 0])
    expect(pool.record.hours()).toBeCloseTo(390 / 3600, 6)
    // The longest of two requests, in a bucket a tenth wide.
    expect(pool.record.tailS()).toBeGreaterThan(140)
    expect(pool.record.tailS()).toBeLessThan(165)
  })

  it('serves a line in turn, and stops idle workers only', () => {
    const waits: number[] = []
    const pool = createShadowPool(wait, (waitS) => waits.push(waitS))
    pool.step(10, () => 2)
    for (let atS = 0; atS < 160; atS += 10) pool.step(10, () => 2)
    for (let each = 0; each < 5; each += 1) pool.arrived(0, 25, 'a')
    pool.step(10, ({ busy, queued }) => {
      expect({ busy, queued }).toEqual({ busy: 2, queued: 3 })
      return 0
    })
    for (let atS = 0; atS < 90; atS += 10) pool.step(10, () => 2)
    expect(waits).toEqual([0, 0, 25, 25, 50])
  })

  it('keeps workers that hold a model at work, and others by that', () => {
    const idle: number[][] = []
    const pool = createShadowPool(wait)
    for (let atS = 0; atS < 160; atS += 10) pool.step(10, () => 2)
    // Each takes one; then the one used last is left alone by a request for the other's model.
    pool.arrived(0, 20, 'a')
    pool.arrived(1, 30, 'b')
    for (let atS = 0; atS < 50; atS += 10) pool.step(10, () => 2)
    pool.arrived(0, 20, 'a')
    pool.step(10, () => 2)
    pool.step(20, ({ idleForMs }) => {
      idle.push([...idleForMs])
      return 2
    })
    expect(idle).toEqual([[49_000, 10_000]])
  })

  it('does not record what happens at its beginning', () => {
    const pool = createShadowPool({ ...wait, unrecordedS: 3600 })
    pool.arrived(0, 20, 'a')
    for (let atS = 0; atS < 3600; atS += 10) pool.step(10, () => 1)
    expect([pool.record.requests(), pool.record.hours()]).toEqual([0, 0])
    pool.arrived(0, 20, 'a')
    for (let atS = 0; atS < 3600; atS += 10) pool.step(10, () => 1)
    // Less what a record forgets in that time.
    expect(pool.record.requests()).toBeCloseTo(1, 1)
    expect(pool.record.hours()).toBeCloseTo(1, 1)
  })
})
