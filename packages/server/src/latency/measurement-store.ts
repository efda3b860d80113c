import type { Insertable, Kysely } from 'kysely'
import type { LedgerMinutesTable, LatencyMinutesTable } from '../database/latency-tables.ts'
import type { Schema } from '../database/schema.ts'
import { histogramToBytes } from './histogram-bytes.ts'
import { stageNames } from './labels.ts'
import type { LedgerTally, Series, Slice } from './slice.ts'

/** Below PostgreSQL's 65,535 parameters a statement. */
const rowsPerStatement = 2000

/**
 * Writes slices of one process: each row holds all that the process measured in it so far, and takes the place of
 * what was written before. So a write whose answer was lost may be repeated, and nothing is counted twice.
 */
export async function storeSlices(
  database: Kysely<Schema>,
  process: number,
  slices: readonly Slice[],
): Promise<void> {
  const series = slices.flatMap((slice) => changed(slice.series).map((each) => ({ slice, each })))
  const tallies = slices.flatMap((slice) => changed(slice.tallies).map((each) => ({ slice, each })))
  // What is recorded while this is being written is dirty again.
  for (const { each } of [...series, ...tallies]) each.isDirty = false
  try {
    const rows = series.flatMap(({ slice, each }) => latencyRows(process, slice, each))
    for (const part of parts(rows)) await writeLatency(database, part)
    const figures = tallies.map(({ slice, each }) => ledgerRow(process, slice, each))
    for (const part of parts(figures)) await writeLedger(database, part)
  } catch (error) {
    for (const { each } of [...series, ...tallies]) each.isDirty = true
    throw error
  }
}

function changed<T extends { isDirty: boolean }>(all: ReadonlyMap<string, T>): T[] {
  return [...all.values()].filter(({ isDirty }) => isDirty)
}

/** As many rows as one statement takes. */
export function* parts<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += rowsPerStatement) yield rows.slice(at, at + rowsPerStatement)
}

function latencyRows(process: number, slice: Slice, series: Series): Insertable<LatencyMinutesTable>[] {
  const { route, cacheClass, scope, model } = series.labels
  return series.histograms.flatMap((histogram, index) => {
    const stage = stageNames[index]
    if (histogram === undefined || stage === undefined) return []
    const bytes = Buffer.from(histogramToBytes(histogram))
    const startsAt = new Date(slice.startsAtMs)
    return [{ process, starts_at: startsAt, route, class: cacheClass, scope, model, stage, histogram: bytes }]
  })
}

function ledgerRow(process: number, slice: Slice, tally: LedgerTally): Insertable<LedgerMinutesTable> {
  const { kind, axis, ran, joined, cached, rerun, failed } = tally
  return {
    process,
    starts_at: new Date(slice.startsAtMs),
    kind,
    axis,
    ran,
    joined,
    cached,
    rerun,
    failed,
    ran_ms: tally.ranMs,
    saved_ms: tally.savedMs,
    ran_bytes: tally.ranBytes,
    saved_bytes: tally.savedBytes,
    ran_usd: tally.ranUsd,
    saved_usd: tally.savedUsd,
  }
}

async function writeLatency(
  database: Kysely<Schema>,
  rows: Insertable<LatencyMinutesTable>[],
): Promise<void> {
  await database
    .insertInto('latency_minutes')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['starts_at', 'stage', 'process', 'route', 'class', 'scope', 'model'])
        .doUpdateSet((eb) => ({ histogram: eb.ref('excluded.histogram') })),
    )
    .execute()
}

/** Figures of the ledger as columns. */
export const ledgerColumns = [
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
] as const

async function writeLedger(database: Kysely<Schema>, rows: Insertable<LedgerMinutesTable>[]): Promise<void> {
  await database
    .insertInto('ledger_minutes')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['starts_at', 'process', 'kind', 'axis'])
        .doUpdateSet((eb) =>
          Object.fromEntries(ledgerColumns.map((name) => [name, eb.ref(`excluded.${name}`)])),
        ),
    )
    .execute()
}
