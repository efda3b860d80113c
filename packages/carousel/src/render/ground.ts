import { luminanceOf } from '../color.ts'
import type { RectPx } from '../slide.ts'
import { applyScrim } from './apply-scrim.ts'
import type { Inks } from './inks.ts'
import { worstPixel } from './pixels.ts'
import type { Pixels } from './pixels.ts'
import { leastStrength, scrimCurve } from './scrim.ts'
import type { ContrastNeed, Profile } from './scrim.ts'

/** Something that is read, where, and how well it has to be. */
export interface ReadNeed {
  readonly rects: readonly RectPx[]
  readonly inks: readonly InkNeed[]
}

/** A colour that something is drawn in. */
export interface InkNeed {
  readonly luminance: number
  /** Ratio. */
  readonly leastContrast: number
}

/** Shape and colours of one scrim. */
export interface GroundPlan {
  readonly inks: Inks
  readonly rows: Profile
  readonly columns: Profile | undefined
  /** Strength that is wanted whatever contrast asks for. */
  readonly floor: number
}

/** Changes nothing that anybody sees. */
const invisible = 0.01

/**
 * Makes a photograph ready for text: finds for each need the pixel that suits it least, and applies the lightest
 * scrim that suffices for all.
 * @param from the photograph, as large as `pixels`, which get all of it; default in place
 * @returns the luminance under the text that suits it least, afterwards
 */
export function prepareGround(
  pixels: Pixels,
  needs: readonly ReadNeed[],
  plan: GroundPlan,
  from: Uint8Array = pixels.data,
): number {
  const { inks, rows, columns, floor } = plan
  const { tone } = inks
  const photograph = { ...pixels, data: from }
  const found: ContrastNeed[] = []
  for (const { rects, inks: colors } of needs) {
    const worst = worstPixel(photograph, rects, tone)?.color
    if (worst === undefined) continue
    for (const { luminance, leastContrast } of colors)
      found.push({ inkLuminance: luminance, leastContrast, worst })
  }
  const strength = leastStrength(found, inks.scrim, tone, floor)
  const curve = scrimCurve(strength, inks.scrim, tone)
  if (strength > invisible) applyScrim(pixels, curve, rows, columns, from)
  else if (from !== pixels.data) pixels.data.set(from)
  const after = found.map(({ worst }) =>
    luminanceOf(
      strength > invisible
        ? { r: curve.red[worst.r] ?? 0, g: curve.green[worst.g] ?? 0, b: curve.blue[worst.b] ?? 0 }
        : worst,
    ),
  )
  return tone === 'dark' ? Math.max(0, ...after) : Math.min(1, ...after)
}
