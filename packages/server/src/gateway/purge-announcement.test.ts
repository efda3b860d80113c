import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { announcementsOf, parseAnnouncement } from './purge-announcement.ts'

const from = 'process-1'

describe('announcements of purges', () => {
  test('every name of a purge is in exactly one payload, and no payload is too long for NOTIFY', () => {
    const tag = fc.string({ minLength: 1, maxLength: 128 })
    fc.assert(
      fc.property(fc.uniqueArray(tag, { minLength: 1, maxLength: 400 }), fc.boolean(), (tags, soft) => {
        const payloads = announcementsOf(from, { domain: 'p', tags, soft })
        const heard = payloads.map((payload) => parseAnnouncement(payload))
        for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000)
        expect(heard.flatMap((each) => each?.order.tags ?? [])).toEqual(tags)
        for (const each of heard) expect(each).toMatchObject({ from, order: { domain: 'p', soft } })
      }),
      { numRuns: 50 },
    )
  })

  test('more names than can be told one by one purge the domain', () => {
    const tags = Array.from({ length: 100_000 }, (_, index) => `img_${index}`.padEnd(36, 'x'))
    expect(announcementsOf(from, { domain: 'p', tags, soft: true }).map(parseAnnouncement)).toEqual([
      { from, order: { domain: 'p', everything: true, soft: true } },
    ])
  })

  test('a purge of all domains names none', () => {
    const [payload] = announcementsOf(from, { domain: undefined, everything: true, soft: false })
    expect(parseAnnouncement(payload ?? '')).toEqual({
      from,
      order: { domain: undefined, everything: true, soft: false },
    })
  })

  test('nothing named, nothing told', () => {
    expect(announcementsOf(from, { domain: 'p', tags: [], soft: false })).toEqual([])
  })

  test.each(['', 'nonsense', '{}', '{"from":"x","soft":true,"later":1}'])('%j is not read', (payload) => {
    expect(parseAnnouncement(payload)).toBeUndefined()
  })
})
