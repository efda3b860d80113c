import type { SKRSContext2D } from '@napi-rs/canvas'
import { describe, expect, test } from 'vitest'
import type { Face } from '../../frame.ts'
import { paintPhotograph, paintPixels } from '../../testing/photographs.ts'
import { paintPortrait, type PortraitPose } from '../../testing/portrait.ts'
import type { Pixels } from '../cell-grids.ts'
import { findFaces } from './find-faces.ts'

const pale = [26, 40, 80] as const
const brown = [22, 45, 36] as const
const deep = [20, 40, 18] as const

function portrait(pose: PortraitPose, widthPx = 540, heightPx = 675): Pixels {
  return paintPixels((context) => paintPortrait(context, pose), widthPx, heightPx)
}

/** Faces were painted at these places: one was found at each, about as wide, and no other. */
function expectFacesAt(
  faces: readonly Face[],
  poses: readonly PortraitPose[],
  { widthPx, heightPx }: Pixels,
): void {
  expect(faces).toHaveLength(poses.length)
  for (const { x, y, size } of poses) {
    const unit = size * Math.min(widthPx, heightPx)
    const near = faces.filter((face) => {
      const across = face.leftPx + face.widthPx / 2 - x * widthPx
      const down = face.topPx + face.heightPx / 2 - y * heightPx
      return Math.abs(across) < 0.3 * unit && Math.abs(down - 0.25 * unit) < 0.4 * unit
    })
    expect(near).toHaveLength(1)
    expect((near[0]?.widthPx ?? 0) / (2 * unit)).toBeCloseTo(1, 0)
  }
}

function changed(
  pixels: Pixels,
  change: (red: number, green: number, blue: number) => readonly number[],
): Pixels {
  const data = pixels.data.slice()
  for (let at = 0; at < data.length; at += 3) data.set(change(data[at]!, data[at + 1]!, data[at + 2]!), at)
  return { ...pixels, data }
}

describe('a painted face', () => {
  test.each<[string, PortraitPose]>([
    ['pale', { x: 0.5, y: 0.45, size: 0.2, skin: pale }],
    ['brown', { x: 0.5, y: 0.45, size: 0.2, skin: brown }],
    ['deep', { x: 0.5, y: 0.45, size: 0.2, skin: deep }],
    ['close', { x: 0.5, y: 0.45, size: 0.35, skin: brown }],
    ['far, at the left', { x: 0.15, y: 0.3, size: 0.06, skin: pale }],
    ['far, at the right', { x: 0.85, y: 0.6, size: 0.06, skin: deep }],
  ])('%s', async (_, pose) => {
    const pixels = portrait(pose)
    expectFacesAt(await findFaces(pixels), [pose], pixels)
  })

  test.each<[string, number, number]>([
    ['4:5', 1080, 1350],
    ['1:1', 600, 600],
    ['9:16', 540, 960],
    ['1.91:1', 1200, 627],
    ['3:1', 1500, 500],
  ])('in the shape %s', async (_, widthPx, heightPx) => {
    const pose = { x: 0.4, y: 0.4, size: 0.2, skin: brown }
    const pixels = portrait(pose, widthPx, heightPx)
    expectFacesAt(await findFaces(pixels), [pose], pixels)
  })

  test('in a monochrome photograph', async () => {
    const pose = { x: 0.5, y: 0.45, size: 0.2, skin: brown }
    const pixels = changed(portrait(pose), (red, green, blue) => {
      const light = 0.3 * red + 0.59 * green + 0.11 * blue
      return [light, light, light]
    })
    expectFacesAt(await findFaces(pixels), [pose], pixels)
  })

  test('in dim light', async () => {
    const pose = { x: 0.5, y: 0.45, size: 0.2, skin: brown }
    const pixels = changed(portrait(pose), (red, green, blue) => [red / 3, green / 3, blue / 3])
    expectFacesAt(await findFaces(pixels), [pose], pixels)
  })

  // In these shapes the picture would fill the network's input to its edge.
  test.each([
    [540, 675, 0.97],
    [540, 540, 0.95],
    [540, 1114, 0.95],
  ])('cut by the edge of %i × %i: what is left of it, inside the picture', async (widthPx, heightPx, x) => {
    const pixels = portrait({ x, y: 0.45, size: 0.2, skin: brown }, widthPx, heightPx)
    const [face, ...others] = await findFaces(pixels)
    expect(others).toEqual([])
    expect(face!.leftPx).toBeGreaterThan(0.7 * widthPx)
    expect(face!.leftPx + face!.widthPx).toBeCloseTo(widthPx, 6)
  })

  test('without its features is none', async () => {
    // The same person from behind, as it were: skin, hair and shoulders, but the face is smeared.
    const pixels = paintPixels(
      (context) => {
        paintPortrait(context, { x: 0.5, y: 0.45, size: 0.2, skin: brown })
        smear(context)
      },
      540,
      675,
    )
    expect(await findFaces(pixels)).toEqual([])
  })

  function smear(context: SKRSContext2D): void {
    context.fillStyle = 'hsl(22, 45%, 36%)'
    context.beginPath()
    context.ellipse(270, 325, 100, 130, 0, 0, 2 * Math.PI)
    context.fill()
  }
})

test('several faces in one picture', async () => {
  const poses = [
    { x: 0.2, y: 0.3, size: 0.09, skin: pale },
    { x: 0.5, y: 0.45, size: 0.12, skin: deep },
    { x: 0.8, y: 0.32, size: 0.09, skin: brown },
  ]
  const pixels = paintPixels(
    (context) => {
      for (const pose of poses) paintOver(context, pose)
    },
    810,
    810,
  )
  expectFacesAt(await findFaces(pixels), poses, pixels)
})

/** Each on a background of its own. */
function paintOver(context: SKRSContext2D, pose: PortraitPose): void {
  context.save()
  context.beginPath()
  context.rect((pose.x - 0.17) * context.canvas.width, 0, 0.34 * context.canvas.width, context.canvas.height)
  context.clip()
  paintPortrait(context, pose)
  context.restore()
}

test.each(['hill', 'whiteProduct'] as const)('no face in a picture without people: %s', async (name) => {
  expect(await findFaces(paintPhotograph(name, 540, 675))).toEqual([])
})

test.each([
  [1, 1],
  [40, 40],
  [3000, 2],
  [2, 3000],
])('any size: %i × %i', async (widthPx, heightPx) => {
  const data = new Uint8Array(widthPx * heightPx * 3).fill(128)
  expect(await findFaces({ data, widthPx, heightPx })).toEqual([])
})

test('finds the same after other pictures of other sizes, and leaves the pixels as they are', async () => {
  const pixels = portrait({ x: 0.5, y: 0.45, size: 0.2, skin: brown })
  const before = Buffer.from(pixels.data)
  const first = await findFaces(pixels)
  await findFaces(paintPhotograph('market', 1200, 627))
  await findFaces(paintPhotograph('nightStreet', 300, 300))
  expect(await findFaces(pixels)).toEqual(first)
  expect(before.equals(pixels.data)).toBe(true)
})

test('an aborted search rejects with the reason', async () => {
  const reason = new Error('not needed any more')
  const pixels = portrait({ x: 0.5, y: 0.45, size: 0.2, skin: brown })
  await expect(findFaces(pixels, AbortSignal.abort(reason))).rejects.toBe(reason)
})
