/** Width and height in pixels, whole numbers from 1. */
export interface PixelSize {
  widthPx: number
  heightPx: number
}

/**
 * The largest size of the source's shape that fits into the box; with one side given, the other follows.
 * One side of the result is the box's own and the other is rounded, never below 1.
 * Idempotent: the result as a box gives itself again, so that equal asks end in equal keys.
 */
export function sizeInside(source: PixelSize, box: Partial<PixelSize>): PixelSize {
  const byWidth = box.widthPx === undefined ? undefined : sizeOfWidth(source, box.widthPx)
  const byHeight = box.heightPx === undefined ? undefined : sizeOfHeight(source, box.heightPx)
  // After rounding both may fit: the larger one, or (33, 100) as a box would shrink to (33, 99).
  const fitting = [byWidth, byHeight].filter(
    (size) =>
      size !== undefined &&
      size.widthPx <= (box.widthPx ?? Infinity) &&
      size.heightPx <= (box.heightPx ?? Infinity),
  )
  const [first, second] = fitting
  if (first === undefined) return byWidth ?? byHeight ?? source
  return second !== undefined && areaOf(second) > areaOf(first) ? second : first
}

/** Width times height. */
export function areaOf({ widthPx, heightPx }: PixelSize): number {
  return widthPx * heightPx
}

/** Whether both sides are equal. */
export function isSameSize(one: PixelSize, other: PixelSize): boolean {
  return one.widthPx === other.widthPx && one.heightPx === other.heightPx
}

function sizeOfWidth(source: PixelSize, widthPx: number): PixelSize {
  return { widthPx, heightPx: Math.max(1, Math.round((source.heightPx * widthPx) / source.widthPx)) }
}

function sizeOfHeight(source: PixelSize, heightPx: number): PixelSize {
  return { widthPx: Math.max(1, Math.round((source.widthPx * heightPx) / source.heightPx)), heightPx }
}
