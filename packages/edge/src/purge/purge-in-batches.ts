import { hash } from 'node:crypto'
import { surrogateTag } from '../tags/surrogate-tags.ts'
import type { CdnAdapter, CdnOutcome, CdnPurge } from './cdn-adapter.ts'

/**
 * Any purge at one CDN, in as many calls as it needs, one after another; it ends with the first that fails, and is to
 * be repeated as a whole then.
 */
export async function purgeInBatches(
  adapter: CdnAdapter,
  purge: CdnPurge,
  signal: AbortSignal,
): Promise<CdnOutcome> {
  for (const batch of batchesOf(purge, adapter)) {
    const outcome = await adapter.purge(batch, signal)
    if (outcome.outcome !== 'done') return outcome
  }
  return { outcome: 'done' }
}

function batchesOf(
  { tags = [], urls = [], everything = false, soft, reference }: CdnPurge,
  { limits }: CdnAdapter,
): CdnPurge[] {
  const clean = [...new Set(tags.map(surrogateTag))].filter((tag) => tag !== '')
  const whats = everything
    ? [{ everything }]
    : [
        ...slices(clean, limits.tags).map((slice) => ({ tags: slice })),
        ...slices([...new Set(urls)], limits.urls).map((slice) => ({ urls: slice })),
      ]
  return whats.map((what) => ({
    ...what,
    soft,
    reference: hash('sha256', JSON.stringify([reference, what]), 'hex'),
  }))
}

function slices<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size))
}
