import type { SKRSContext2D } from '@napi-rs/canvas'
import { glow, hsl, oval, wash } from './brush.ts'

/** Where a face is: its centre and the distance from the middle to the temple, of the picture's shorter side. */
export interface PortraitPose {
  x: number
  y: number
  size: number
  /** Hue, saturation and lightness of the skin. */
  skin: readonly [number, number, number]
  cloth?: string
}

/** A person before a blurred wall. */
export function paintPortrait(context: SKRSContext2D, pose: PortraitPose): void {
  wash(context, ['#93a3a8', '#6d7f88', '#4c5a66'])
  glow(
    context,
    context.canvas.width * 0.8,
    0,
    context.canvas.width,
    'rgba(255,240,210,0.5)',
    'rgba(255,240,210,0)',
  )
  paintPerson(context, pose)
}

/** Head, hair and shoulders. */
export function paintPerson(
  context: SKRSContext2D,
  { x, y, size, skin, cloth = '#2f3e57' }: PortraitPose,
): void {
  const { width, height } = context.canvas
  const unit = size * Math.min(width, height)
  context.save()
  context.translate(x * width, y * height)
  context.scale(unit, unit)
  const [hue, saturation, light] = skin
  const tone = (change: number, alpha = 1): string => hsl(hue, saturation, Math.max(3, light + change), alpha)
  paintBody(context, tone, cloth)
  paintHead(context, tone)
  for (const side of [-1, 1]) paintEye(context, side, tone)
  paintNoseAndMouth(context, tone, hue, light)
  context.restore()
}

type Tone = (change: number, alpha?: number) => string

function paintBody(context: SKRSContext2D, tone: Tone, cloth: string): void {
  oval(context, 0, -0.15, 1.22, 1.5, '#241a16')
  oval(context, 0, 1.5, 0.52, 0.85, tone(-10))
  glow(context, 0, 1.25, 0.5, tone(-25, 0.7), tone(-25, 0))
  context.fillStyle = cloth
  context.beginPath()
  context.moveTo(-2.5, 9)
  context.bezierCurveTo(-2.4, 2.6, -2.2, 2.3, -0.5, 1.95)
  context.quadraticCurveTo(0, 2.6, 0.5, 1.95)
  context.bezierCurveTo(2.2, 2.3, 2.4, 2.6, 2.5, 9)
  context.fill()
}

function paintHead(context: SKRSContext2D, tone: Tone): void {
  for (const side of [-1, 1]) oval(context, side * 0.98, 0.1, 0.13, 0.26, tone(-9))
  const shade = context.createRadialGradient(0.25, -0.2, 0.2, 0, 0.1, 1.5)
  shade.addColorStop(0, tone(8))
  shade.addColorStop(0.6, tone(0))
  shade.addColorStop(1, tone(-22))
  context.fillStyle = shade
  context.beginPath()
  context.moveTo(-0.96, -0.35)
  context.bezierCurveTo(-1, 0.7, -0.65, 1.28, 0, 1.32)
  context.bezierCurveTo(0.65, 1.28, 1, 0.7, 0.96, -0.35)
  context.bezierCurveTo(0.9, -1.35, -0.9, -1.35, -0.96, -0.35)
  context.fill()
  context.fillStyle = '#241a16'
  context.beginPath()
  context.moveTo(-1.05, 0.1)
  context.bezierCurveTo(-1.05, -0.7, -0.5, -0.75, 0.2, -0.88)
  context.bezierCurveTo(0.7, -0.8, 0.95, -0.5, 1.05, 0.1)
  context.bezierCurveTo(1.35, -1.7, -1.35, -1.7, -1.05, 0.1)
  context.fill()
}

function paintEye(context: SKRSContext2D, side: number, tone: Tone): void {
  const x = side * 0.42
  glow(context, x, -0.08, 0.36, tone(-24, 0.75), tone(-24, 0))
  oval(context, x, -0.04, 0.19, 0.095, '#e8e2dc')
  oval(context, x, -0.05, 0.09, 0.095, '#3a2716')
  oval(context, x, -0.05, 0.045, 0.05, '#080504')
  oval(context, x + 0.03, -0.085, 0.018, 0.018, '#ffffff')
  context.strokeStyle = '#1d1310'
  context.lineWidth = 0.045
  context.beginPath()
  context.ellipse(x, -0.02, 0.21, 0.13, 0, 1.08 * Math.PI, 1.92 * Math.PI)
  context.stroke()
  context.lineWidth = 0.085
  context.beginPath()
  context.ellipse(x, -0.16, 0.29, 0.17, 0, 1.15 * Math.PI, 1.85 * Math.PI)
  context.stroke()
}

function paintNoseAndMouth(context: SKRSContext2D, tone: Tone, hue: number, light: number): void {
  glow(context, -0.1, 0.25, 0.22, tone(-14, 0.5), tone(-14, 0))
  glow(context, 0.03, 0.32, 0.16, tone(14, 0.7), tone(14, 0))
  for (const side of [-1, 1]) {
    oval(context, side * 0.1, 0.47, 0.055, 0.03, tone(-35))
    glow(context, side * 0.55, 0.45, 0.3, hsl(hue - 8, 50, light, 0.35), hsl(hue - 8, 50, light, 0))
  }
  glow(context, 0, 0.56, 0.2, tone(-16, 0.5), tone(-16, 0))
  context.fillStyle = hsl(hue - 16, 45, Math.max(18, light - 22))
  context.beginPath()
  context.moveTo(-0.32, 0.78)
  context.quadraticCurveTo(-0.1, 0.68, 0, 0.72)
  context.quadraticCurveTo(0.1, 0.68, 0.32, 0.78)
  context.quadraticCurveTo(0, 1, -0.32, 0.78)
  context.fill()
  context.strokeStyle = hsl(hue - 16, 45, 12)
  context.lineWidth = 0.025
  context.beginPath()
  context.moveTo(-0.31, 0.78)
  context.quadraticCurveTo(0, 0.83, 0.31, 0.78)
  context.stroke()
  glow(context, 0, 1, 0.18, tone(-10, 0.5), tone(-10, 0))
}
