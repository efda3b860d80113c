import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { ledgerColumns } from './measurement-store.ts'
import { rounded } from './latency-query.ts'

/** What work of one kind along one axis came to. */
export interface LedgerUnit {
  kind: string
  axis: string
  /** Runs, failed ones and reruns included. */
  ran: number
  /** Answered by another's run. */
  joined: number
  /** Answered by what was kept. */
  cached: number
  /** Of `ran`: those whose process had died, and that were begun again. */
  rerun: number
  failed: number
  ranMs: number
  /** What the joined and the cached would have taken. */
  savedMs: number
  ranBytes: number
  savedBytes: number
  ranUsd: number
  savedUsd: number
}

export interface LedgerReport {
  from: string
  to: string
  units: LedgerUnit[]
  totals: Pick<LedgerUnit, 'ran' | 'joined' | 'cached' | 'rerun' | 'savedMs' | 'savedBytes' | 'savedUsd'>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Work that ran and work that was avoided, from the minutes of the last day and the hours before. */
export async function readLedger(
  database: Kysely<Schema>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<LedgerReport> {
  const needsHours = toMs - fromMs > dayMs
  const boundaryMs = needsHours ? Math.ceil((Date.now() - dayMs) / hourMs) * hourMs : fromMs
  const sums = sql.join(ledgerColumns.map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`))
  const columns = sql.join(ledgerColumns.map((name) => sql.ref(name)))
  const { rows } = await sql<Record<(typeof ledgerColumns)[number], number> & { kind: string; axis: string }>`
    select kind, axis, ${sums} from (
      select kind, axis, ${columns} from ledger_minutes
      where starts_at >= ${new Date(boundaryMs)} and starts_at < ${new Date(toMs)}
      union all
      select kind, axis, ${columns} from ledger_hours
      where starts_at >= ${new Date(Math.floor(fromMs / hourMs) * hourMs)} and starts_at < ${new Date(boundaryMs)}
        and ${needsHours}
    ) as slices group by kind, axis order by kind, axis
  `.execute(database)
  const units = rows.map((row) => ({
    kind: row.kind,
    axis: row.axis,
    ran: row.ran,
    joined: row.joined,
    cached: row.cached,
    rerun: row.rerun,
    failed: row.failed,
    ranMs: rounded(row.ran_ms),
    savedMs: rounded(row.saved_ms),
    ranBytes: row.ran_bytes,
    savedBytes: row.saved_bytes,
    ranUsd: row.ran_usd,
    savedUsd: row.saved_usd,
  }))
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    units,
    totals: totalsOf(units),
  }
}

function totalsOf(units: readonly LedgerUnit[]): LedgerReport['totals'] {
  const sum = (of: (unit: LedgerUnit) => number): number => units.reduce((total, unit) => total + of(unit), 0)
  return {
    ran: sum(({ ran }) => ran),
    joined: sum(({ joined }) => joined),
    cached: sum(({ cached }) => cached),
    rerun: sum(({ rerun }) => rerun),
    savedMs: rounded(sum(({ savedMs }) => savedMs)),
    savedBytes: sum(({ savedBytes }) => savedBytes),
    savedUsd: sum(({ savedUsd }) => savedUsd),
  }
}
