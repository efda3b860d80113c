import type { ColumnType } from 'kysely'

/** How far a generation is. `stored`, `failed` and `cancelled` are settled. */
export type GenerationStatus = 'queued' | 'running' | 'stored' | 'failed' | 'cancelled'

/** Read as a Date; the default is the time of the transaction. */
export type Timestamp = ColumnType<Date, Date | undefined, Date>
/** As `Timestamp`, or nothing. */
export type NullableTimestamp = ColumnType<Date | null, Date | null | undefined, Date | null>
