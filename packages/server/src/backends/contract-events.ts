import { loadImage } from '@napi-rs/canvas'
import { expect } from 'vitest'
import type { BackendEvent } from './backend.ts'

/** What one successful run yielded, after `expectEventOrder` accepted it. */
export interface CollectedRun {
  events: readonly BackendEvent[]
  image: Extract<BackendEvent, { type: 'image' }>
  done: Extract<BackendEvent, { type: 'done' }>
}

/** Reads a run to its end. Events seen before a failure are left in `into`. */
export async function collectEvents(
  run: AsyncIterable<BackendEvent>,
  into: BackendEvent[] = [],
): Promise<CollectedRun> {
  for await (const event of run) into.push(event)
  return expectEventOrder(into)
}

/**
 * The order that `BackendEvent` promises: `queued` and `loading` before `started`, progress and previews after it,
 * then exactly one `image`, then `done` and nothing more.
 */
export function expectEventOrder(events: readonly BackendEvent[]): CollectedRun {
  const types = events.map((event) => event.type)
  const image = events.at(-2)
  const done = events.at(-1)
  if (image?.type !== 'image' || done?.type !== 'done') {
    throw new Error(`A run must end with image and done; it yielded: ${types.join(', ') || 'nothing'}`)
  }
  expect(types.filter((type) => type === 'image')).toHaveLength(1)
  expect(types.filter((type) => type === 'done')).toHaveLength(1)
  expect(types.filter((type) => type === 'started')).toHaveLength(1)
  const started = types.indexOf('started')
  for (const [index, type] of types.entries()) {
    if (type === 'queued' || type === 'loading') expect(index, `${type} after started`).toBeLessThan(started)
    if (type === 'progress' || type === 'preview')
      expect(index, `${type} before started`).toBeGreaterThan(started)
  }
  expectProgress(events)
  expect(done.timings.generateMs).toBeGreaterThanOrEqual(0)
  return { events, image, done }
}

function expectProgress(events: readonly BackendEvent[]): void {
  let last = 0
  for (const event of events) {
    if (event.type !== 'progress') continue
    expect(event.fraction, 'progress went back').toBeGreaterThanOrEqual(last)
    expect(event.fraction).toBeLessThanOrEqual(1)
    last = event.fraction
  }
}

/** Decodes the whole picture, so that a header without pixels does not pass. */
export async function expectPicture(
  picture: { bytes: Uint8Array; mediaType: string },
  size: { widthPx: number; heightPx: number },
): Promise<void> {
  expect(picture.mediaType).toMatch(/^image\/(?:png|jpeg|webp)$/u)
  expect(mediaTypeOf(picture.bytes)).toBe(picture.mediaType)
  const decoded = await loadImage(Buffer.from(picture.bytes))
  expect({ widthPx: decoded.width, heightPx: decoded.height }).toEqual(size)
}

/** Written apart from the adapters' own check, so that both cannot be wrong in the same way. */
function mediaTypeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp'
  return 'unknown'
}
