import type { LedgerWriter } from '@darkroom/once'
import type { GenerationRow } from './generation-row.ts'

/**
 * Counts an ask for a picture that caused no run: it was there, made for another ask or ahead of any, or was on its
 * way for another. What that saved is what its run took.
 */
export function noteShared(
  ledger: LedgerWriter | undefined,
  row: Pick<GenerationRow, 'priority' | 'timings' | 'bytes' | 'cost_usd'>,
  how: 'joined' | 'cached',
): void {
  const { loadMs = 0, generateMs = 0, verifyMs = 0, storeMs = 0 } = row.timings
  const kept = row.priority === 'speculative' ? 'ahead' : 'time'
  ledger?.record({
    kind: 'generation',
    axis: how === 'joined' ? 'concurrent' : kept,
    how,
    durationMs: loadMs + generateMs + verifyMs + storeMs,
    bytes: row.bytes ?? undefined,
    costUsd: row.cost_usd ?? undefined,
  })
}
