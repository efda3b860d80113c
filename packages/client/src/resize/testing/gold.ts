import type { Light } from '../light.ts'

/** RGBA pixels with straight alpha. */
export interface Pixels {
  widthPx: number
  heightPx: number
  data: Uint8Array | Uint8ClampedArray
}

/** Lanczos-3 in 64-bit floating point, slow and plain: what the kernel is compared with. */
export function goldResize(source: Pixels, widthPx: number, heightPx: number, light: Light): Pixels {
  const { data } = source
  const planes = [0, 1, 2, 3].map((channel) => {
    const plane = new Float64Array(source.widthPx * source.heightPx)
    for (let i = 0; i < plane.length; i++) {
      const alpha = (data[i * 4 + 3] ?? 0) / 255
      plane[i] = channel === 3 ? alpha : linear((data[i * 4 + channel] ?? 0) / 255, light) * alpha
    }
    const across = axis(plane, source.widthPx, source.heightPx, widthPx)
    return axis(across, source.heightPx, widthPx, heightPx)
  })
  const made = new Uint8ClampedArray(widthPx * heightPx * 4)
  for (let i = 0; i < widthPx * heightPx; i++) {
    const alpha = Math.min(1, Math.max(0, planes[3]?.[i] ?? 0))
    made[i * 4 + 3] = Math.round(alpha * 255)
    if (made[i * 4 + 3] === 0) continue
    for (let channel = 0; channel < 3; channel++) {
      const value = Math.min(1, Math.max(0, (planes[channel]?.[i] ?? 0) / alpha))
      made[i * 4 + channel] = Math.round(encoded(value, light) * 255)
    }
  }
  return { widthPx, heightPx, data: made }
}

/** Filters along rows, and turns the picture: twice is both ways and upright again. */
function axis(plane: Float64Array, width: number, height: number, target: number): Float64Array {
  const scale = width / target
  const stretch = Math.max(1, scale)
  const made = new Float64Array(target * height)
  for (let x = 0; x < target; x++) {
    const center = (x + 0.5) * scale - 0.5
    const first = Math.ceil(center - 3 * stretch)
    const weights: number[] = []
    for (let at = first; at <= center + 3 * stretch; at++) weights.push(lanczos((at - center) / stretch))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    for (let y = 0; y < height; y++) {
      let value = 0
      for (const [i, weight] of weights.entries()) {
        const at = Math.min(width - 1, Math.max(0, first + i))
        value += (plane[y * width + at] ?? 0) * weight
      }
      made[x * height + y] = value / sum
    }
  }
  return made
}

function lanczos(x: number): number {
  if (x === 0) return 1
  if (Math.abs(x) >= 3) return 0
  return (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2
}

function linear(value: number, light: Light): number {
  if (light === 'srgb') return value
  return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

function encoded(value: number, light: Light): number {
  if (light === 'srgb') return value
  return value <= 0.003_130_8 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
}

/** Peak signal to noise of the colours, in decibels; Infinity where they are equal. */
export function psnr(a: Pixels, b: Pixels): number {
  let squares = 0
  let count = 0
  for (let i = 0; i < a.data.length; i++) {
    if (i % 4 === 3) continue
    squares += ((a.data[i] ?? 0) - (b.data[i] ?? 0)) ** 2
    count += 1
  }
  return squares === 0 ? Infinity : 10 * Math.log10((255 * 255 * count) / squares)
}

/** Rings that grow finer outward: what a bad filter cannot hold becomes rings that are not there. */
export function zonePlate(sizePx: number): Pixels {
  const data = new Uint8ClampedArray(sizePx * sizePx * 4)
  for (let i = 0; i < sizePx * sizePx; i++) {
    const x = (i % sizePx) - sizePx / 2
    const y = Math.floor(i / sizePx) - sizePx / 2
    const value = 127.5 + 127.5 * Math.cos((Math.PI * (x * x + y * y)) / sizePx)
    data.set([value, value, value, 255], i * 4)
  }
  return { widthPx: sizePx, heightPx: sizePx, data }
}

/** A picture with edges, gradients, fine lines and grain, the same each time. */
export function testPicture(widthPx: number, heightPx: number, opaque = true): Pixels {
  const data = new Uint8ClampedArray(widthPx * heightPx * 4)
  let state = 12_345
  for (let i = 0; i < widthPx * heightPx; i++) {
    const x = i % widthPx
    const y = Math.floor(i / widthPx)
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    const grain = (state >>> 24) / 16
    const inside = Math.hypot(x - widthPx / 2, y - heightPx / 2) < Math.min(widthPx, heightPx) / 3
    const line = (x + 2 * y) % 23 < 2 ? 90 : 0
    data[i * 4] = (x / widthPx) * 200 + grain + line
    data[i * 4 + 1] = inside ? 220 - grain : (y / heightPx) * 120 + grain
    data[i * 4 + 2] = inside ? 30 + line : 140 - grain
    data[i * 4 + 3] = opaque ? 255 : inside ? 255 : (x * 7 + y * 3) % 256
  }
  return { widthPx, heightPx, data }
}
