import { describeBackendContract } from '../backend.contract.ts'
import { createSketchBackend } from './sketch-backend.ts'

const embedded = 'The sketch backend is part of this process: there is no server that could do this.'

describeBackendContract('sketch', () => {
  const backend = createSketchBackend()
  return Promise.resolve({
    backend,
    model: 'sketch-1',
    size: { widthPx: 96, heightPx: 72 },
    deterministic: true,
    situations: {
      running: () => ({ request: { widthPx: 640, heightPx: 640 } }),
      queued: embedded,
      wrongSize: embedded,
      manyPreviews: 'A picture has at most three previews.',
      invalidRequest: 'Every prompt, negative prompt, style and seed can be drawn.',
      impossibleSize: () => ({ request: { widthPx: 4096, heightPx: 4096 } }),
      unknownModel: () => ({ request: { model: 'sketch-0' } }),
      duplicateId: () => ({}),
      noImage: embedded,
      notAnImage: embedded,
      outOfMemory: 'The limits of the API keep every canvas within 32 MB.',
      crash: embedded,
      unreachable: embedded,
      slowStart: 'There are no weights to load.',
      unhealthy: embedded,
    },
    close: () => backend.close(),
  })
})
