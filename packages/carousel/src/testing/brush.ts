import type { SKRSContext2D } from '@napi-rs/canvas'

/** Repeatable numbers 0..1 (a 32-bit linear congruential generator with its bits mixed). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c_1b_3c_6d)
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
  }
}

export function hsl(hue: number, saturation: number, light: number, alpha = 1): string {
  return `hsla(${hue}, ${saturation}%, ${light}%, ${alpha})`
}

/** Fills everything from the top to the bottom. */
export function wash(context: SKRSContext2D, colors: readonly string[]): void {
  const { width, height } = context.canvas
  const gradient = context.createLinearGradient(0, 0, 0, height)
  colors.forEach((color, index) => gradient.addColorStop(index / (colors.length - 1), color))
  context.fillStyle = gradient
  context.fillRect(0, 0, width, height)
}

/** A disc that fades towards its rim: light, a shadow, a cheek. */
export function glow(
  context: SKRSContext2D,
  x: number,
  y: number,
  radius: number,
  inner: string,
  outer: string,
): void {
  const gradient = context.createRadialGradient(x, y, 0, x, y, radius)
  gradient.addColorStop(0, inner)
  gradient.addColorStop(1, outer)
  context.fillStyle = gradient
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

export function oval(
  context: SKRSContext2D,
  x: number,
  y: number,
  across: number,
  down: number,
  fill: string,
): void {
  context.fillStyle = fill
  context.beginPath()
  context.ellipse(x, y, across, down, 0, 0, 2 * Math.PI)
  context.fill()
}
