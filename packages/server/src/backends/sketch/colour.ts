/** A colour in OKLCH (Björn Ottosson, 2020): lightness 0..1, chroma 0..0.37, hue in degrees. */
export interface Colour {
  readonly l: number
  readonly c: number
  readonly h: number
}

/** Linear-light sRGB, each channel 0..1. */
export type LinearRgb = readonly [red: number, green: number, blue: number]

/** A colour by its OKLCH coordinates. */
export function oklch(l: number, c: number, h: number): Colour {
  return { l, c, h }
}

function toLab(colour: Colour): [number, number, number] {
  const angle = (colour.h * Math.PI) / 180
  return [colour.l, colour.c * Math.cos(angle), colour.c * Math.sin(angle)]
}

function fromLab(l: number, a: number, b: number): Colour {
  return { l, c: Math.hypot(a, b), h: (Math.atan2(b, a) * 180) / Math.PI }
}

/** The colour a fraction of the way from one to another, on a straight line in OKLab (no hue detours). */
export function mix(from: Colour, to: Colour, fraction: number): Colour {
  const [l1, a1, b1] = toLab(from)
  const [l2, a2, b2] = toLab(to)
  return fromLab(l1 + (l2 - l1) * fraction, a1 + (a2 - a1) * fraction, b1 + (b2 - b1) * fraction)
}

/** The same hue with lightness and chroma changed: `lightness` is added, `chroma` multiplies. */
export function adjust(colour: Colour, lightness: number, chroma = 1): Colour {
  return { l: Math.min(0.99, Math.max(0.02, colour.l + lightness)), c: colour.c * chroma, h: colour.h }
}

function labToLinear(l: number, a: number, b: number): [number, number, number] {
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ]
}

const inGamut = (rgb: readonly number[]): boolean => rgb.every((v) => v >= -0.0005 && v <= 1.0005)

/** Linear sRGB; a colour outside sRGB keeps its lightness and hue and loses chroma until it fits. */
export function toLinear(colour: Colour): LinearRgb {
  const [l, a, b] = toLab(colour)
  let rgb = labToLinear(l, a, b)
  let low = 0
  let high = 1
  for (let step = 0; step < 8 && (step > 0 || !inGamut(rgb)); step += 1) {
    const middle = (low + high) / 2
    rgb = labToLinear(l, a * middle, b * middle)
    if (inGamut(rgb)) low = middle
    else high = middle
  }
  const clamp = (v: number): number => Math.min(1, Math.max(0, v))
  return [clamp(rgb[0]), clamp(rgb[1]), clamp(rgb[2])]
}

/** The OKLCH colour of linear sRGB. */
export function fromLinear([red, green, blue]: LinearRgb): Colour {
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  return fromLab(
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  )
}

/** A surface of one colour under light of another: the product in linear light. */
export function multiply(surface: Colour, light: Colour, strength = 1): Colour {
  const s = toLinear(surface)
  const k = toLinear(light)
  return fromLinear([s[0] * k[0] * strength, s[1] * k[1] * strength, s[2] * k[2] * strength])
}

/** The three sRGB bytes of a colour, 0..255. */
export function toBytes(colour: Colour): [number, number, number] {
  const [red, green, blue] = toLinear(colour)
  const encode = (v: number): number =>
    Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055))
  return [encode(red), encode(green), encode(blue)]
}

/** The colour as a canvas style, with an alpha of 0..1. */
export function css(colour: Colour, alpha = 1): string {
  const [red, green, blue] = toBytes(colour)
  return `rgba(${red},${green},${blue},${Math.min(1, Math.max(0, alpha)).toFixed(4)})`
}
