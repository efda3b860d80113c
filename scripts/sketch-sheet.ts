/**
 * Draws a contact sheet of prompts × seeds with sketch-1, to look at them side by side.
 *
 *   node scripts/sketch-sheet.ts sheet.png [--size 512x384] [--seeds 3] ["a prompt" …]
 */
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { noInputs } from '../packages/server/src/backends/backend.ts'
import { createSketchBackend } from '../packages/server/src/backends/sketch/sketch-backend.ts'

const defaultPrompts = [
  'a red sailboat at sunset',
  'snowy mountains above a calm lake at dawn',
  'a fox in a misty forest',
  'city skyline at night with lit windows',
  'desert dunes at dusk',
  'a ringed planet among the stars',
  'a lone tree on a hill in autumn',
  'a hot air balloon over green hills',
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '512x384' },
    seeds: { type: 'string', default: '3' },
    style: { type: 'string' },
  },
})
const [output, ...asked] = positionals
if (output === undefined) throw new Error('Give the path of the PNG to write.')
const prompts = asked.length > 0 ? asked : defaultPrompts
const seeds = Number(values.seeds)
const [widthPx = 512, heightPx = 384] = values.size.split('x').map(Number)
const gapPx = 8

const backend = createSketchBackend()
const sheet = createCanvas(seeds * (widthPx + gapPx), prompts.length * (heightPx + gapPx))
const context = sheet.getContext('2d')
for (const [row, prompt] of prompts.entries()) {
  for (let seed = 0; seed < seeds; seed += 1) {
    const request = {
      id: `${row}-${seed}`,
      model: 'sketch-1',
      prompt,
      negative: undefined,
      style: values.style,
      inputs: noInputs,
      strength: undefined,
      steps: undefined,
    }
    const events = backend.generate({ ...request, widthPx, heightPx, seed }, new AbortController().signal)
    for await (const event of events) {
      if (event.type === 'image') {
        context.drawImage(await loadImage(event.bytes), seed * (widthPx + gapPx), row * (heightPx + gapPx))
      }
      if (event.type === 'done') {
        console.log(`${prompt} · seed ${seed} · ${event.timings.generateMs.toFixed(0)} ms`, ...event.warnings)
      }
    }
  }
}
await writeFile(output, await sheet.encode('png'))
