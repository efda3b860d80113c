import type { BackendMakers } from './backends.ts'
import { createOpenAIBackend } from './openai/openai-backend.ts'
import type { SimulatedGpuSettings } from './simulated-gpu/settings.ts'
import { createSimulatedGpuBackend } from './simulated-gpu/simulated-gpu-backend.ts'
import { createSketchBackend } from './sketch/sketch-backend.ts'

/** Every adapter of this release, by its name in `DARKROOM_MODELS`. Adding one is a line here. */
export function backendMakers(settings: {
  openai: { apiKey: string | undefined; baseUrl: string }
  timeoutMs: number
  simulatedGpu?: SimulatedGpuSettings
}): BackendMakers {
  return {
    sketch: () => createSketchBackend(),
    openai: () => createOpenAIBackend({ ...settings.openai, timeoutMs: settings.timeoutMs }),
    'simulated-gpu': () =>
      createSimulatedGpuBackend(
        settings.simulatedGpu === undefined ? {} : { settings: settings.simulatedGpu },
      ),
  }
}
