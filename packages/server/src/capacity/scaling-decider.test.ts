import { describe, expect, it } from 'vitest'
import { createDecider } from './scaling-decider.ts'
import type { ScalingWays } from './scaling-ways.ts'
import { createWays } from './scaling-ways.ts'

const hourS = 3600
const large = { meanLoad: 8, trusted: true }
const small = { meanLoad: 0.3, trusted: true }

function ways(): ScalingWays {
  return createWays({ spinUpS: 150, targetWaitS: 60, floor: 1, maxWorkers: 100, keepAliveMs: 1_200_000 })
}

/** A day of `workers`, and a thousand requests of which two in a hundred waited so long. */
function record({ all }: ScalingWays, name: string, workers: number, waitS: number): void {
  const way = all.find((each) => each.name === name)
  way?.shadow.record.paid(workers, 1000)
  for (let each = 0; each < 1000; each += 1) way?.shadow.record.waited(each % 50 === 0 ? waitS : 0)
}

describe('which way decides', () => {
  it('is the keep-alive on a small load, the forecast on a large one', () => {
    const decider = createDecider(ways())
    expect(decider.advance(10, small).name).toBe('keep-alive 20 min')
    expect(decider.advance(10, large).name).toBe('forecast')
    expect(decider.advance(10, { ...large, trusted: false }).name).toBe('keep-alive 20 min')
  })

  it('is another baseline where its record is better in hours and in waits, after half a day', () => {
    const all = ways()
    for (const { name } of all.all) record(all, name, name === 'reactive 0.7' ? 5 : 10, 90)
    const decider = createDecider(all)
    expect(decider.advance(11 * hourS, small).name).toBe('keep-alive 20 min')
    expect(decider.advance(2 * hourS, small).name).toBe('reactive 0.7')
  })

  it('is another between a small load and a large one only where it is far cheaper', () => {
    const between = { meanLoad: 1, trusted: true }
    const after = (workers: number, known: typeof between): string => {
      const all = ways()
      for (const { name } of all.all) record(all, name, name === 'reactive 0.7' ? workers : 10, 90)
      return createDecider(all).advance(13 * hourS, known).name
    }
    expect(after(9, small)).toBe('reactive 0.7')
    expect(after(9, between)).toBe('keep-alive 20 min')
    expect(after(8, between)).toBe('reactive 0.7')
  })

  it('stays with another while its record is not clearly worse', () => {
    const all = ways()
    for (const { name } of all.all) record(all, name, name === 'keep-alive 15 min, spare 2 min' ? 5 : 10, 30)
    const decider = createDecider(all)
    expect(decider.advance(13 * hourS, small).name).toBe('keep-alive 15 min, spare 2 min')
    record(all, 'keep-alive 15 min, spare 2 min', 5, 30)
    expect(decider.advance(hourS, small).name).toBe('keep-alive 15 min, spare 2 min')
    record(all, 'keep-alive 15 min, spare 2 min', 0, 120)
    expect(decider.advance(hourS, small).name).toBe('keep-alive 20 min')
  })

  it('is not one that is cheaper and lets people wait longer', () => {
    const all = ways()
    for (const { name } of all.all) {
      const standing = name === 'keep-alive 20 min'
      record(all, name, standing ? 10 : 5, standing ? 40 : 90)
    }
    const decider = createDecider(all)
    expect(decider.advance(20 * hourS, small).name).toBe('keep-alive 20 min')
  })
})
