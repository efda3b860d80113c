import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The usual text-to-image workflow, with pictures to start from; node ids as ComfyUI's own default gives them. */
export const toyNodes = {
  '3': {
    class_type: 'KSampler',
    inputs: {
      seed: 1,
      steps: 4,
      cfg: 8,
      denoise: 1,
      sampler_name: 'euler',
      scheduler: 'normal',
      model: ['4', 0],
      positive: ['6', 0],
      negative: ['7', 0],
      latent_image: ['5', 0],
    },
  },
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'toy.safetensors' } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512, batch_size: 1 } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a cat', clip: ['4', 1] } },
  '7': { class_type: 'CLIPTextEncode', inputs: { text: 'bad hands', clip: ['4', 1] } },
  '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
  '10': { class_type: 'LoadImage', inputs: { image: 'example.png' } },
  '11': { class_type: 'LoadImage', inputs: { image: 'example.png' } },
} as const

/** Where a request goes in it. */
export const toyMapping = {
  prompt: '/6/inputs/text',
  negative: '/7/inputs/text',
  seed: '/3/inputs/seed',
  steps: '/3/inputs/steps',
  strength: '/3/inputs/denoise',
  width: '/5/inputs/width',
  height: '/5/inputs/height',
  image: '/10/inputs/image',
  mask: '/11/inputs/image',
}

/** A folder with files of that content; JSON for objects. */
export function workflowFolder(files: Readonly<Record<string, unknown>>): {
  folder: string
  remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-workflows-'))
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
