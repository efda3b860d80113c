import type { LedgerWriter } from '@darkroom/once'
import type { EdgeStats } from './edge-options.ts'
import type { EdgeStoreStats, StoredResponse } from './store/edge-store.ts'

/** What the edge counts, for its figures and for the ledger. */
export class EdgeCounts {
  readonly #ledger: LedgerWriter | undefined
  hits = 0
  staleHits = 0
  staleOnError = 0
  misses = 0
  revalidated = 0
  collapsed = 0
  bypassed = 0
  refused = 0

  constructor(ledger: LedgerWriter | undefined) {
    this.#ledger = ledger
  }

  /** A hit shares the run that filled the store, over time; runs and joins are recorded by the flights. */
  noteHit(response: StoredResponse, stale: boolean): void {
    if (stale) this.staleHits += 1
    else this.hits += 1
    this.#ledger?.record({
      kind: 'edge-miss',
      axis: 'time',
      how: 'cached',
      durationMs: response.fillDurationMs,
      bytes: response.body.byteLength,
    })
  }

  noteForwarded(revalidated: boolean, joined: boolean): void {
    if (revalidated) this.revalidated += 1
    else this.misses += 1
    if (joined) this.collapsed += 1
  }

  snapshot(store: EdgeStoreStats, refreshes: number, inFlight: number): EdgeStats {
    const { hits, staleHits, staleOnError, misses, revalidated, collapsed, bypassed, refused } = this
    const counts = { hits, staleHits, staleOnError, misses, revalidated, collapsed, bypassed, refused }
    return { ...store, ...counts, refreshes, inFlight }
  }
}
