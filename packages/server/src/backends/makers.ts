import type { BackendMakers } from './backends.ts'
import { createOpenAIBackend } from './openai/openai-backend.ts'
import { createSketchBackend } from './sketch/sketch-backend.ts'

/** Every adapter of this release, by its name in `DARKROOM_MODELS`. Adding one is a line here. */
export function backendMakers(settings: {
  openai: { apiKey: string | undefined; baseUrl: string }
  timeoutMs: number
}): BackendMakers {
  return {
    sketch: () => createSketchBackend(),
    openai: () => createOpenAIBackend({ ...settings.openai, timeoutMs: settings.timeoutMs }),
  }
}
