import { createA1111Backend } from './a1111/a1111-backend.ts'
import { createAiSdkBackend } from './ai-sdk/ai-sdk-backend.ts'
import type { ImageModelLike } from './ai-sdk/image-model.ts'
import type { Backend } from './backend.ts'
import type { BackendMakers } from './backends.ts'
import { createCogBackend } from './cog/cog-backend.ts'
import { createComfyBackend } from './comfyui/comfyui-backend.ts'
import type { Dialect } from './openai/dialect.ts'
import { localAIDialect, sglangDialect, vllmOmniDialect } from './openai/dialects/diffusion.ts'
import { sdServerDialect } from './openai/dialects/sd-server.ts'
import { createOpenAIBackend } from './openai/openai-backend.ts'
import { createSupervisedBackend } from './sd-server/supervised-backend.ts'
import type { SimulatedGpuSettings } from './simulated-gpu/settings.ts'
import { createSimulatedGpuBackend } from './simulated-gpu/simulated-gpu-backend.ts'
import { createSketchBackend } from './sketch/sketch-backend.ts'
import type { BackendSettings } from './variables.ts'
import { defaultBackendSettings } from './variables.ts'

/** Every adapter of this release, by its name in `DARKROOM_MODELS`. Adding one is a line here. */
export function backendMakers(settings: {
  openai: { apiKey: string | undefined; baseUrl: string }
  timeoutMs: number
  simulatedGpu?: SimulatedGpuSettings
  /** Default: every server where it listens by default. */
  servers?: BackendSettings
  imageModels?: Readonly<Record<string, ImageModelLike>>
}): BackendMakers {
  const { timeoutMs, servers = defaultBackendSettings(), imageModels = {} } = settings
  const speaking =
    (dialect: Dialect, { url, apiKey }: { url: string; apiKey?: string | undefined }) =>
    (): Backend =>
      createOpenAIBackend({ dialect, baseUrl: url, apiKey, timeoutMs })
  const { command } = servers.sdServer
  return {
    sketch: () => createSketchBackend(),
    openai: () => createOpenAIBackend({ ...settings.openai, timeoutMs }),
    'simulated-gpu': () =>
      createSimulatedGpuBackend(
        settings.simulatedGpu === undefined ? {} : { settings: settings.simulatedGpu },
      ),
    'sd-server':
      command === undefined
        ? speaking(sdServerDialect, servers.sdServer)
        : () => createSupervisedBackend({ command, timeoutMs }),
    'vllm-omni': speaking(vllmOmniDialect, servers.vllmOmni),
    sglang: speaking(sglangDialect, servers.sglang),
    localai: speaking(localAIDialect, servers.localai),
    comfyui: () => createComfyBackend({ ...servers.comfyui, baseUrl: servers.comfyui.url, timeoutMs }),
    cog: () => createCogBackend({ ...servers.cog, baseUrl: servers.cog.url, timeoutMs }),
    a1111: () => createA1111Backend({ auth: servers.a1111.auth, baseUrl: servers.a1111.url, timeoutMs }),
    aisdk: () => createAiSdkBackend({ models: imageModels, timeoutMs }),
  }
}
