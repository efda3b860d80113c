import type { LedgerWriter, Lease, Memo, Outcome } from '@darkroom/once'
import { createMemo } from '@darkroom/once'
import type { FaceFinder } from './analyse-base.ts'
import { analyseBase } from './analyse-base.ts'
import type { BaseAnalysis } from './base-analysis.ts'
import type { Pixels } from './cell-grids.ts'

export interface AnalysedBasesOptions {
  /** Grids kept for the next use; about 0.5 MB a base. */
  maxBytes: number
  findFaces?: FaceFinder | undefined
  ledger?: LedgerWriter | undefined
}

/** Which base, and for whom. */
export interface AnalysisKey {
  /** Of the base's bytes. */
  hash: string
  domain: string
}

/** What is known of bases, each analysed once. */
export interface AnalysedBases {
  /** One analysis serves every size, also those that a larger decoding was made for. */
  get(
    key: AnalysisKey,
    pixels: Pixels,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Lease<BaseAnalysis>>>
  clear(): void
}

export function createAnalysedBases({ maxBytes, findFaces, ledger }: AnalysedBasesOptions): AnalysedBases {
  const memo: Memo<BaseAnalysis> = createMemo({
    whenAbandoned: 'abort',
    maxBytes,
    sizeOf: bytesOf,
    ledger,
  })
  return {
    get: (key, pixels, signal) =>
      memo.get(
        { kind: 'analyse', key: key.hash, domain: key.domain },
        async (flight) => ({ value: await analyseBase(pixels, findFaces, flight.signal) }),
        { signal },
      ),
    clear: () => memo.clear(),
  }
}

function bytesOf({ luminance, luminanceSquare, edges, skin, saliency }: BaseAnalysis): number {
  return [luminance, luminanceSquare, edges, skin, saliency].reduce((sum, grid) => sum + grid.byteLength, 0)
}
