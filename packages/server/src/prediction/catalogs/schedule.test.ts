import { expect, test } from 'vitest'
import { nextGoLive, withStart } from './schedule.ts'

const noon = Date.UTC(2026, 2, 27, 12)

test.each([
  [{ cron: '0 6 * * *', timeZone: 'UTC' }, '2026-03-28T06:00:00.000Z'],
  // Summer time begins on 29 March: 6 o'clock in Berlin is an hour earlier.
  [{ cron: '0 6 * * 1', timeZone: 'Europe/Berlin' }, '2026-03-30T04:00:00.000Z'],
  [
    { rrule: withStart('FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=6;BYMINUTE=0', 'UTC', noon), timeZone: 'UTC' },
    '2026-04-01T06:00:00.000Z',
  ],
  [
    { rrule: 'DTSTART;TZID=Europe/Berlin:20260301T060000\nRRULE:FREQ=WEEKLY', timeZone: 'Europe/Berlin' },
    '2026-03-29T04:00:00.000Z',
  ],
])('%j', (schedule, expected) => {
  expect(new Date(nextGoLive(schedule, noon) ?? 0).toISOString()).toBe(expected)
})

test('a rule that has ended has no next time', () => {
  const rrule = 'DTSTART:20250101T060000Z\nRRULE:FREQ=DAILY;COUNT=3'
  expect(nextGoLive({ rrule, timeZone: 'UTC' }, noon)).toBeUndefined()
})

test.each(['61 * * * *', 'tomorrow', ''])('%j is no cron expression', (cron) => {
  expect(() => nextGoLive({ cron, timeZone: 'UTC' }, noon)).toThrow(/schedule\.cron/u)
})
