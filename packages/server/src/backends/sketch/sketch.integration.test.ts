import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { noInputs } from '../backend.ts'
import { createSketchBackend } from './sketch-backend.ts'

const program = `
  import { createSketchBackend } from ${JSON.stringify(new URL('sketch-backend.ts', import.meta.url).href)}
  import { createHash } from 'node:crypto'
  const request = JSON.parse(process.argv[1])
  for await (const event of createSketchBackend().generate(request, new AbortController().signal)) {
    if (event.type === 'image') console.log(createHash('sha256').update(event.bytes).digest('hex'))
  }
`

test('another process draws the same bytes', async () => {
  for (const prompt of ['a red sailboat at sunset', 'three foxes in a forest at night', 'asdf qwer']) {
    const size = { widthPx: 320, heightPx: 240 }
    const request = { id: 'x', model: 'sketch-1', prompt, ...size, seed: 4, inputs: noInputs }
    const absent = { negative: undefined, style: undefined, strength: undefined, steps: undefined }
    const whole = { ...request, ...absent }
    let mine = ''
    for await (const event of createSketchBackend().generate(whole, new AbortController().signal)) {
      if (event.type === 'image') mine = createHash('sha256').update(event.bytes).digest('hex')
    }
    const argv = ['--input-type=module-typescript', '--eval', program, JSON.stringify(request)]
    const { stdout } = await promisify(execFile)(process.execPath, argv)
    expect(stdout.trim()).toBe(mine)
  }
})
