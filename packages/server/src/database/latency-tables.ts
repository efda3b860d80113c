import type { ColumnType, GeneratedAlways } from 'kysely'
import type { Timestamp } from './column-types.ts'

/** What histograms are kept by. */
interface LatencyColumns {
  starts_at: ColumnType<Date, Date, never>
  route: string
  class: string
  scope: string
  model: string
  stage: string
  /** `latency/histogram-bytes.ts`. */
  histogram: Buffer
}

/** One row a process, slice of a minute, labels and stage; kept for a day. A marker cuts a minute in two slices. */
export interface LatencyMinutesTable extends LatencyColumns {
  process: number
}

/** All processes' slices of an hour; kept for 90 days. */
export type LatencyHoursTable = LatencyColumns

/** Hours whose minutes are summed up: when that was done last. */
export interface SummedHoursTable {
  starts_at: ColumnType<Date, Date, never>
  summed_at: Timestamp
}

/** Figures of the ledger, of work of one kind along one axis. */
interface LedgerColumns {
  starts_at: ColumnType<Date, Date, never>
  kind: string
  axis: string
  ran: number
  joined: number
  cached: number
  rerun: number
  failed: number
  ran_ms: number
  saved_ms: number
  ran_bytes: number
  saved_bytes: number
  ran_usd: number
  saved_usd: number
}

export interface LedgerMinutesTable extends LedgerColumns {
  process: number
}

export type LedgerHoursTable = LedgerColumns

/** Moments that latency is compared around: deploys. */
export interface MarkersTable {
  id: GeneratedAlways<number>
  at: Timestamp
  text: string
  /** The key that set it, `local` where access is off. */
  actor: string
  /** Set as it happened: every process began a new slice at that moment. */
  is_cut: boolean
}

/** The tables of measurements. */
export interface LatencySchema {
  latency_minutes: LatencyMinutesTable
  latency_hours: LatencyHoursTable
  ledger_minutes: LedgerMinutesTable
  ledger_hours: LedgerHoursTable
  summed_hours: SummedHoursTable
  markers: MarkersTable
}

const labels = `starts_at timestamptz not null, route text not null, class text not null, scope text not null,
  model text not null, stage text not null, histogram bytea not null`

const figures = [
  'ran',
  'joined',
  'cached',
  'rerun',
  'failed',
  'ran_ms',
  'saved_ms',
  'ran_bytes',
  'saved_bytes',
  'ran_usd',
  'saved_usd',
]
  .map((name) => `${name} double precision not null`)
  .join(', ')

/** Migration 0009. */
export const latencyTables: readonly string[] = [
  `create table latency_minutes (process integer not null, ${labels},
    primary key (starts_at, stage, process, route, class, scope, model))`,
  `create table latency_hours (${labels}, primary key (starts_at, stage, route, class, scope, model))`,
  `create table ledger_minutes (starts_at timestamptz not null, process integer not null, kind text not null,
    axis text not null, ${figures}, primary key (starts_at, process, kind, axis))`,
  `create table ledger_hours (starts_at timestamptz not null, kind text not null, axis text not null, ${figures},
    primary key (starts_at, kind, axis))`,
  `create table markers (
    id integer generated always as identity primary key,
    at timestamptz not null default now(),
    text text not null,
    actor text not null,
    is_cut boolean not null
  )`,
  `create index markers_at on markers (at)`,
  // The trace that the ask belonged to which began a record's present attempt (W3C Trace Context).
  `alter table generations add column traceparent text`,
]

/** Migration 0015. */
export const summedHoursTable: readonly string[] = [
  `create table summed_hours (starts_at timestamptz primary key, summed_at timestamptz not null)`,
  // Those that all minutes are still kept of are summed once more, the others are as they are.
  `insert into summed_hours
    select starts_at, case when starts_at > now() - interval '20 hours' then starts_at else now() end from (
      select starts_at from latency_hours union select starts_at from ledger_hours
    ) as hours`,
]
