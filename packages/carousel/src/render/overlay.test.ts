import { expect, test } from 'vitest'
import { withOverlay } from './overlay.ts'

test('an overlay begins empty, whatever was drawn before in one of its size', () => {
  for (const widthPx of [1, 40]) {
    const rect = { leftPx: 5, topPx: 7, widthPx, heightPx: 30 }
    const inks: number[] = []
    for (const draws of [true, false]) {
      withOverlay(
        rect,
        (context) => {
          if (draws) context.fillRect(5, 7, 40, 10)
        },
        (overlay) => {
          expect(overlay.length).toBe(widthPx * 30 * 4)
          inks.push(overlay.filter((byte) => byte > 0).length)
        },
      )
    }
    expect(inks).toEqual([widthPx * 10, 0])
  }
})

test('an overlay is gone after its use', () => {
  let kept: Uint8Array | undefined
  withOverlay(
    { leftPx: 0, topPx: 0, widthPx: 8, heightPx: 8 },
    () => undefined,
    (overlay) => {
      kept = overlay
    },
  )
  expect(kept?.length).toBe(0)
})
