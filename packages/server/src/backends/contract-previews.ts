import { loadImage } from '@napi-rs/canvas'
import { expect, test } from 'vitest'
import type { BackendEvent } from './backend.ts'
import type { CurrentHarness } from './contract-runs.ts'
import { never, requestFor, situationOf } from './contract-runs.ts'
import { maxPreviewSidePx, minPreviewIntervalMs } from './previews.ts'

/** Previews are thumbnails, and at most two a second, however many the server sends. */
export function describePreviews(current: CurrentHarness): void {
  test('previews are small and throttled', async (context) => {
    const harness = current()
    const { backend, request } = await situationOf(context, harness, 'manyPreviews')
    const previews: Extract<BackendEvent, { type: 'preview' }>[] = []
    const startedAt = performance.now()
    for await (const event of backend.generate(requestFor(harness, request), never())) {
      if (event.type === 'preview') previews.push(event)
    }
    expect(previews.length).toBeGreaterThan(0)
    // Between two there is the interval, so a slow machine may see more of them, and never too many.
    const most = 1 + Math.floor((performance.now() - startedAt) / minPreviewIntervalMs)
    expect(previews.length).toBeLessThanOrEqual(most)
    for (const preview of previews) {
      const { width, height } = await loadImage(Buffer.from(preview.bytes))
      expect(Math.max(width, height)).toBeLessThanOrEqual(maxPreviewSidePx)
    }
  })
}
