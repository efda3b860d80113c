import type { SKRSContext2D } from '@napi-rs/canvas'
import { createRandom, glow, hsl, oval, wash } from './brush.ts'
import { paintPerson } from './portrait.ts'

/** Wet asphalt between dark houses, with lamps, signs and their reflections. */
export function paintNightStreet(context: SKRSContext2D): void {
  const { width, height } = context.canvas
  const random = createRandom(7)
  wash(context, ['#070a14', '#0c1020', '#10131d', '#0a0b10'])
  for (const side of [-1, 1]) {
    for (let house = 0; house < 7; house++) {
      const near = 1 - house / 8
      const x = width / 2 + side * width * (0.06 + 0.44 * near)
      const top = height * (0.42 - 0.38 * near * (0.7 + 0.3 * random()))
      context.fillStyle = hsl(225, 18, 4 + 5 * (1 - near))
      context.fillRect(
        side < 0 ? 0 : x - width * 0.1,
        top,
        side < 0 ? x + width * 0.1 : width,
        height * 0.58 - top,
      )
      for (let window = 0; window < 26; window++) {
        if (random() < 0.55) continue
        context.fillStyle = hsl(38 + 14 * random(), 70, 45 + 25 * random(), 0.7)
        const along = x + side * width * 0.02 + (random() - 0.5) * width * 0.16
        context.fillRect(
          along,
          top + random() * (height * 0.5 - top),
          width * 0.012 * near,
          width * 0.02 * near,
        )
      }
    }
  }
  for (let lamp = 0; lamp < 46; lamp++) {
    const depth = random()
    const x = width * (0.5 + (random() - 0.5) * (0.3 + 0.7 * depth))
    const y = height * (0.56 - 0.3 * depth * random())
    const radius = width * (0.008 + 0.05 * depth * random())
    const hue = random() < 0.6 ? 34 : random() * 360
    glow(context, x, y, radius * 3, hsl(hue, 95, 62, 0.5), hsl(hue, 95, 60, 0))
    glow(context, x, y, radius, hsl(hue, 95, 88), hsl(hue, 95, 60, 0.1))
    context.save()
    context.translate(x, height * 1.16 - y)
    context.scale(1, 4)
    glow(context, 0, 0, radius * 1.6, hsl(hue, 80, 45, 0.25), hsl(hue, 80, 40, 0))
    context.restore()
  }
}

/** A white bottle on a white table before a white wall. */
export function paintWhiteProduct(context: SKRSContext2D): void {
  const { width, height } = context.canvas
  wash(context, ['#f7f7f6', '#fbfbfa', '#f3f3f2', '#e9e9e8'])
  const unit = Math.min(width, height)
  const x = width * 0.56
  const base = height * 0.8
  context.save()
  context.translate(x + unit * 0.12, base)
  context.scale(1, 0.16)
  glow(context, 0, 0, unit * 0.34, 'rgba(90,95,105,0.35)', 'rgba(90,95,105,0)')
  context.restore()
  const shade = context.createLinearGradient(x - unit * 0.14, 0, x + unit * 0.14, 0)
  const stops = ['#dcdddf', '#ffffff', '#f4f4f5', '#c9cbd0']
  stops.forEach((color, index) => shade.addColorStop([0, 0.3, 0.6, 1][index] ?? 1, color))
  context.fillStyle = shade
  context.beginPath()
  context.roundRect(x - unit * 0.14, base - unit * 0.46, unit * 0.28, unit * 0.47, unit * 0.04)
  context.roundRect(x - unit * 0.05, base - unit * 0.58, unit * 0.1, unit * 0.14, unit * 0.015)
  context.fill()
  context.fillStyle = '#b8babd'
  context.fillRect(x - unit * 0.06, base - unit * 0.3, unit * 0.12, unit * 0.006)
  context.fillRect(x - unit * 0.04, base - unit * 0.28, unit * 0.08, unit * 0.006)
}

const complexions = [
  [24, 50, 74],
  [24, 45, 56],
  [22, 45, 36],
  [20, 40, 24],
] as const

/** Stalls with awnings and fruit, and people among them: nowhere is it calm. */
export function paintMarket(context: SKRSContext2D): void {
  const { width, height } = context.canvas
  const random = createRandom(21)
  wash(context, ['#cfd6d8', '#a89a84', '#6f5f4e', '#51443a'])
  for (let stall = 0; stall < 9; stall++) {
    const left = (stall / 9) * width * 1.1 - width * 0.05
    const top = height * (0.08 + 0.16 * random())
    const hue = random() * 360
    for (let stripe = 0; stripe < 8; stripe++) {
      context.fillStyle = stripe % 2 === 0 ? hsl(hue, 65, 48) : '#ece5d8'
      context.fillRect(left + stripe * width * 0.017, top, width * 0.017, height * 0.09)
    }
    context.fillStyle = 'rgba(20,14,10,0.55)'
    context.fillRect(left, top + height * 0.09, width * 0.136, height * 0.2)
  }
  for (const [row, size] of [0.045, 0.055, 0.07].entries()) {
    for (let person = 0; person < 6 - row; person++) {
      const x = (person + 0.25 + 0.5 * random()) / (6 - row)
      const skin = complexions[Math.floor(random() * complexions.length)] ?? complexions[0]
      const y = 0.34 + 0.1 * row + 0.04 * random()
      paintPerson(context, { x, y, size, skin, cloth: hsl(random() * 360, 45, 35 + 20 * random()) })
    }
  }
  for (let crate = 0; crate < 5; crate++) {
    const hue = [8, 28, 48, 95, 130][crate] ?? 0
    for (let fruit = 0; fruit < 90; fruit++) {
      const x = width * ((crate + random()) / 5)
      const y = height * (0.76 + 0.26 * random())
      oval(context, x, y, width * 0.018, width * 0.018, hsl(hue + 12 * random(), 75, 28 + 30 * random()))
    }
  }
}

/** A hill under the sky, with much room. */
export function paintHill(context: SKRSContext2D): void {
  const { width, height } = context.canvas
  const random = createRandom(3)
  wash(context, ['#6fa7d8', '#a9cbe6', '#e2ecef', '#e8eddc'])
  for (let cloud = 0; cloud < 14; cloud++) {
    const x = width * random()
    const y = height * (0.1 + 0.25 * random())
    glow(context, x, y, width * (0.06 + 0.1 * random()), 'rgba(255,255,255,0.6)', 'rgba(255,255,255,0)')
  }
  oval(context, width * 0.3, height * 1.15, width * 0.9, height * 0.5, '#5f8a3c')
  oval(context, width * 0.9, height * 1.2, width * 0.8, height * 0.48, '#48733a')
  oval(context, width * 0.66, height * 0.61, width * 0.075, width * 0.085, '#2e5527')
  context.fillStyle = '#4a3524'
  context.fillRect(width * 0.653, height * 0.65, width * 0.014, height * 0.08)
}
