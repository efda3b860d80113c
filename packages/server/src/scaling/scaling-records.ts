import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { ScalingAnswer } from './scaling-answer.ts'

/** A minute of the last day. `forecast…`: what had been expected for it, where something had. */
export interface ScalingMinute {
  at: string
  desired: number
  starting: number
  warm: number
  busy: number
  /** Busy workers that the work coming in asked for: what the forecast was of. */
  load: number
  forecastLow: number | null
  forecast: number | null
  forecastHigh: number | null
}

const minuteMs = 60_000

/** What a process of the release before this one leaves out of its decisions. */
const notWritten = { withoutForecast: null, usdPerWorkerHour: null } as const
const keptMs = 86_400_000

/** Keeps a decision for all processes, and one a minute for the day. @param load busy workers that the work asks for */
export async function keepScaling(
  database: Kysely<Schema>,
  answer: ScalingAnswer,
  load: number,
): Promise<void> {
  const decidedAt = new Date(answer.decidedAt)
  const state = JSON.stringify(answer)
  await database
    .insertInto('scaling_state')
    .values({ id: 1, decided_at: decidedAt, state })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ decided_at: decidedAt, written_at: sql<Date>`now()`, state }),
    )
    .execute()
  const inserted = await database
    .insertInto('scaling_history')
    .values({
      at: minuteOf(decidedAt),
      desired: answer.desiredWorkers,
      starting: answer.starting,
      warm: answer.warm,
      busy: answer.busy,
      // As exact as the band around what is expected: a load of nothing lies in a band of nothing.
      load: Math.round(load * 100) / 100,
      expected_for: minuteOf(new Date(answer.expected.for)),
      expected_low: answer.expected.low,
      expected: answer.expected.mean,
      expected_high: answer.expected.high,
    })
    .onConflict((conflict) => conflict.column('at').doNothing())
    .returning('at')
    .executeTakeFirst()
  if (inserted === undefined) return
  await database
    .deleteFrom('scaling_history')
    .where('at', '<', new Date(decidedAt.getTime() - keptMs))
    .execute()
}

/** Whether any process has decided within that time, by the database's clock. */
export async function decidedWithin(database: Kysely<Schema>, withinMs: number): Promise<boolean> {
  const row = await database
    .selectFrom('scaling_state')
    .select('id')
    .where('written_at', '>', sql<Date>`now() - ${withinMs} * interval '1 millisecond'`)
    .executeTakeFirst()
  return row !== undefined
}

/** The last decision and so many minutes before now, at most a day; `undefined` where none was made yet. */
export async function readScaling(
  database: Kysely<Schema>,
  minutes: number,
): Promise<{ answer: ScalingAnswer; history: ScalingMinute[] } | undefined> {
  const row = await database.selectFrom('scaling_state').select('state').executeTakeFirst()
  if (row === undefined) return undefined
  const history = await database
    .selectFrom('scaling_history as here')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('scaling_history as before')
          .select(['expected_low', 'expected', 'expected_high'])
          .whereRef('before.expected_for', '=', 'here.at')
          .orderBy('before.at', 'desc')
          .limit(1)
          .as('before'),
      (join) => join.onTrue(),
    )
    .select([
      'here.at',
      'here.desired',
      'here.starting',
      'here.warm',
      'here.busy',
      'here.load',
      'before.expected_low',
      'before.expected',
      'before.expected_high',
    ])
    .where('here.at', '>', sql<Date>`now() - ${minutes} * interval '1 minute'`)
    .orderBy('here.at')
    .execute()
  return {
    answer: { ...notWritten, ...(row.state as unknown as ScalingAnswer) },
    history: history.map((minute) => ({
      at: minute.at.toISOString(),
      desired: minute.desired,
      starting: minute.starting,
      warm: minute.warm,
      busy: minute.busy,
      load: minute.load,
      forecastLow: minute.expected_low,
      forecast: minute.expected,
      forecastHigh: minute.expected_high,
    })),
  }
}

function minuteOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / minuteMs) * minuteMs)
}
