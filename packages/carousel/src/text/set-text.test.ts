import { createCanvas } from '@napi-rs/canvas'
import { describe, expect, it } from 'vitest'
import { drawText } from './draw-text.ts'
import { createFonts } from './fonts.ts'
import { setText } from './set-text.ts'
import type { TextStyle } from './text-block.ts'

const fonts = createFonts()
const style: TextStyle = {
  family: 'Inter',
  weight: 600,
  emphasisWeight: 800,
  sizePx: 64,
  minSizePx: 32,
  lineHeight: 1.1,
  letterSpacingEm: -0.02,
  align: 'start',
}
const box = { widthPx: 800, heightPx: 500 }

describe('a text in a box', () => {
  it('is wrapped into lines that together are the text', () => {
    const block = setText('Five habits that **doubled our reach** in 90 days', style, box, fonts)
    expect(block.lines.map((line) => line.text).join(' ')).toBe(
      'Five habits that doubled our reach in 90 days',
    )
    expect(block).toMatchObject({ fontSizePx: 64, fits: true, truncated: false, direction: 'ltr' })
  })

  it('is drawn in its colours', () => {
    const canvas = createCanvas(800, 500)
    const context = canvas.getContext('2d')
    drawText(
      context,
      setText('one **two**', style, box, fonts),
      { leftPx: 0, topPx: 0, widthPx: 800 },
      { color: '#f00', emphasisColor: '#00f' },
    )
    const { data } = context.getImageData(0, 0, 800, 500)
    const solid = new Set<string>()
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] === 255) solid.add(data.subarray(i, i + 3).join(','))
    expect([...solid].toSorted()).toEqual(['0,0,255', '255,0,0'])
  })
})
