import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadWorkflow } from './workflow.ts'

const folder = join(import.meta.dirname, '../../../../../examples/comfyui')

test.each(['text-to-image.json', 'image-to-image.json'])('the example %s can be used', (name) => {
  expect(existsSync(join(folder, name))).toBe(true)
  expect(loadWorkflow(name, folder)).toMatchObject({ workflow: { output: '9' } })
})
