import { describe, expect, test } from 'vitest'
import { addWork, editWork, publicWork, slidesOfOthers } from './work-counts.ts'

const ran = (count: number): { ran: number; joined: number; cached: number } => ({
  ran: count,
  joined: 0,
  cached: 0,
})
const cached = (count: number): { ran: number; joined: number; cached: number } => ({
  ...ran(0),
  cached: count,
})
const fetched = ran(1)

const first = { decodes: ran(1), analyses: ran(1), frames: ran(1), overlays: ran(6), encodes: ran(6) }
const edit = { decodes: cached(1), analyses: cached(1), frames: cached(1), overlays: ran(1), encodes: ran(1) }

describe('the work of a carousel', () => {
  test('adds up its runs; what a later one finds of the base is no further unit', () => {
    const { work } = publicWork(addWork(addWork({}, first), edit), fetched)
    expect(work).toEqual({ fetches: 1, decodes: 1, analyses: 1, frames: 1, overlays: 7, encodes: 7 })
  })

  test('what a later run has to make again counts', () => {
    const { workDetail } = publicWork(addWork(first, first), fetched)
    expect(workDetail).toMatchObject({ decodes: ran(2), overlays: ran(12) })
  })

  test('of an edit is what was not there already', () => {
    expect(editWork(addWork({}, edit)).work).toEqual({
      fetches: 0,
      decodes: 0,
      analyses: 0,
      frames: 0,
      overlays: 1,
      encodes: 1,
    })
  })

  test('slides of others share what they were made of, unless this run decodes itself', () => {
    expect(slidesOfOthers({ joined: 2, cached: 4 }, true)).toMatchObject({
      decodes: { ran: 0, joined: 1, cached: 0 },
      overlays: { ran: 0, joined: 2, cached: 4 },
    })
    expect(slidesOfOthers({ joined: 2, cached: 0 }, false)['decodes']).toBeUndefined()
    expect(slidesOfOthers({ joined: 0, cached: 6 }, true)['decodes']).toEqual(cached(1))
  })
})
