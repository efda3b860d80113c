import { Cron } from 'croner'
import { RRuleTemporal } from 'rrule-temporal'
import type { StoredSchedule } from '../../database/prediction-schema.ts'
import { DarkroomError } from '../../errors.ts'

/**
 * The first go-live after a time; `undefined` where the schedule has ended.
 * @throws DarkroomError invalid_request for an expression, rule or time zone that cannot be read
 */
export function nextGoLive(schedule: StoredSchedule, afterMs: number): number | undefined {
  const after = new Date(afterMs)
  try {
    const next =
      schedule.cron === undefined ? nextOfRule(schedule.rrule ?? '', after) : nextOfCron(schedule, after)
    return next
  } catch (error) {
    const name = schedule.cron === undefined ? 'rrule' : 'cron'
    throw new DarkroomError(
      'invalid_request',
      `schedule.${name}: ${error instanceof Error ? error.message : 'cannot be read'}`,
      { param: `schedule.${name}` },
    )
  }
}

/** A rule without a start begins on the day it was set: what it counts in intervals is counted from there. */
export function withStart(rrule: string, timeZone: string, nowMs: number): string {
  if (/DTSTART/iu.test(rrule)) return rrule
  const rule = /^RRULE:/iu.test(rrule) ? rrule : `RRULE:${rrule}`
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(nowMs)
  return `DTSTART;TZID=${timeZone}:${parts.replaceAll('-', '')}T000000\n${rule}`
}

/** Whether this is a time zone of the IANA database. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function nextOfCron({ cron = '', timeZone }: StoredSchedule, after: Date): number | undefined {
  return new Cron(cron, { timezone: timeZone, paused: true }).nextRun(after)?.getTime()
}

function nextOfRule(rrule: string, after: Date): number | undefined {
  const next = new RRuleTemporal({ rruleString: rrule, maxIterations: 10_000 }).next(after)
  return next?.epochMilliseconds
}
