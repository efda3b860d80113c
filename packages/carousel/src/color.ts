/** sRGB, 0–255 a channel; whole numbers where a pixel is meant. */
export interface Rgb {
  readonly r: number
  readonly g: number
  readonly b: number
}

const hexPattern = /^#(?<hex>[0-9a-f]{6}|[0-9a-f]{3})$/iu

/** `#rgb` or `#rrggbb` as a colour; `undefined` when it is neither. */
export function parseColor(text: string): Rgb | undefined {
  const hex = hexPattern.exec(text)?.groups?.['hex']
  if (hex === undefined) return undefined
  const full = hex.length === 3 ? hex.replaceAll(/./gu, '$&$&') : hex
  const value = Number.parseInt(full, 16)
  return { r: (value >> 16) & 255, g: (value >> 8) & 255, b: value & 255 }
}

/** A colour as CSS and a canvas take it. */
export function cssOf(color: Rgb): string {
  return `rgb(${Math.round(color.r)}, ${Math.round(color.g)}, ${Math.round(color.b)})`
}

/** Linear light of an sRGB byte, 0..1 (IEC 61966-2-1, with the threshold of WCAG 2.2). */
export const linearOf: Float64Array = Float64Array.from({ length: 256 }, (_, byte) => {
  const share = byte / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
})

/** `linearOf` times each channel's weight: three look-ups and two sums are a pixel's relative luminance. */
export const luminanceOfRed: Float64Array = linearOf.map((value) => value * 0.2126)
export const luminanceOfGreen: Float64Array = linearOf.map((value) => value * 0.7152)
export const luminanceOfBlue: Float64Array = linearOf.map((value) => value * 0.0722)

/** Relative luminance, 0..1 (WCAG 2.2). */
export function luminanceOf(color: Rgb): number {
  return (
    (luminanceOfRed[Math.round(color.r)] ?? 0) +
    (luminanceOfGreen[Math.round(color.g)] ?? 0) +
    (luminanceOfBlue[Math.round(color.b)] ?? 0)
  )
}

/** Contrast ratio of two relative luminances, 1..21 (WCAG 2.2, 1.4.3). */
export function contrastOf(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}

/** From `from` (share 0) to `to` (share 1), in sRGB as canvases and browsers mix. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return {
    r: Math.round(from.r + (to.r - from.r) * share),
    g: Math.round(from.g + (to.g - from.g) * share),
    b: Math.round(from.b + (to.b - from.b) * share),
  }
}
