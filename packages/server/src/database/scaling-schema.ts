import type { Generated, JSONColumnType } from 'kysely'
import type { Timestamp } from './column-types.ts'

/** A minute of decisions. `expected…`: busy workers that were expected for another minute, `expected_for`. */
export interface ScalingHistoryTable {
  at: Timestamp
  desired: number
  starting: Generated<number>
  warm: number
  busy: number
  /** Busy workers that the work coming in asks for. */
  load: number
  expected_for: Timestamp
  expected_low: number
  expected: number
  expected_high: number
}

/** One row: the last decision. */
export interface ScalingStateTable {
  id: number
  decided_at: Timestamp
  /** By the database's clock. */
  written_at: Timestamp
  state: JSONColumnType<object, string, string>
}
