import { resolve } from 'node:path'
import { z } from 'zod'
import type { ConfigFault, Parsed, Variable } from '../config-variable.ts'
import { defineVariable, httpUrl, integer, parseVariables } from '../config-variable.ts'
import type { CogInputs } from './cog/cog-inputs.ts'
import { defaultCogInputs, parseCogInputs } from './cog/cog-inputs.ts'
import { loadWorkflow } from './comfyui/workflow.ts'
import { isSimulatedModel } from './simulated-gpu/simulated-gpu-backend.ts'
import { isSketchModel } from './sketch/sketch-backend.ts'
import type { ModelTable } from './model-table.ts'
import { commandWords } from './sd-server/command-words.ts'

/** Where a server is, unless the operator says otherwise. */
function address(fallback: string, about: string): Variable<string> {
  return defineVariable(
    fallback,
    about,
    httpUrl().transform((url) => url ?? fallback),
  )
}

/** As `address`, for OpenAI's API: an address without a path gets its `/v1`. */
function versioned(fallback: string, about: string): Variable<string> {
  return defineVariable(
    fallback,
    about,
    httpUrl().transform((url = fallback) => (new URL(url).pathname === '/' ? `${url}/v1` : url)),
  )
}

function key(about: string): Variable<string | undefined> {
  return defineVariable('', about, z.string().min(1).optional())
}

/** Environment variables of model servers; `config.ts` parses them with all others. */
export const backendVariables: {
  SD_SERVER_URL: Variable<string>
  SD_SERVER_COMMAND: Variable<readonly string[] | undefined>
  VLLM_OMNI_URL: Variable<string>
  VLLM_OMNI_API_KEY: Variable<string | undefined>
  SGLANG_URL: Variable<string>
  SGLANG_API_KEY: Variable<string | undefined>
  LOCALAI_URL: Variable<string>
  LOCALAI_API_KEY: Variable<string | undefined>
  COMFYUI_URL: Variable<string>
  COMFYUI_API_KEY: Variable<string | undefined>
  COMFYUI_WORKFLOWS: Variable<string>
  COG_URL: Variable<string>
  COG_API_KEY: Variable<string | undefined>
  COG_INPUTS: Variable<CogInputs>
  COG_CONCURRENCY: Variable<number>
  A1111_URL: Variable<string>
  A1111_AUTH: Variable<string | undefined>
} = {
  SD_SERVER_URL: versioned(
    'http://127.0.0.1:1234/v1',
    'Where the backend sd-server finds stable-diffusion.cpp’s server.',
  ),
  SD_SERVER_COMMAND: defineVariable(
    '',
    'A command that starts stable-diffusion.cpp’s server, e.g. `sd-server -m model.safetensors`: workers then run it themselves, on a port of their own (`{port}` in it, or `--listen-port` added), and `SD_SERVER_URL` is not used. No shell reads it.',
    z
      .string()
      .optional()
      .transform((text, context) => {
        const words = text === undefined ? undefined : commandWords(text)
        if (text === undefined || words !== undefined) return words
        context.issues.push({ code: 'custom', message: 'must be a command; close every quote', input: text })
        return z.NEVER
      }),
  ),
  VLLM_OMNI_URL: versioned('http://127.0.0.1:8000/v1', 'Where the backend vllm-omni finds vLLM-Omni.'),
  VLLM_OMNI_API_KEY: key('The key that vLLM-Omni asks for, if it does.'),
  SGLANG_URL: versioned(
    'http://127.0.0.1:30000/v1',
    'Where the backend sglang finds SGLang’s diffusion server.',
  ),
  SGLANG_API_KEY: key('The key that SGLang asks for, if it does.'),
  LOCALAI_URL: versioned('http://127.0.0.1:8080/v1', 'Where the backend localai finds LocalAI.'),
  LOCALAI_API_KEY: key('The key that LocalAI asks for, if it does.'),
  COMFYUI_URL: address('http://127.0.0.1:8188', 'Where the backend comfyui finds ComfyUI.'),
  COMFYUI_API_KEY: key('A bearer token for a proxy before ComfyUI, which has no keys itself.'),
  COMFYUI_WORKFLOWS: defineVariable(
    '.',
    'The folder of workflow files that DARKROOM_MODELS names after `comfyui:`; every process needs them.',
    z
      .string()
      .optional()
      .transform((folder) => resolve(folder ?? '.')),
  ),
  COG_URL: address('http://127.0.0.1:5000', 'Where the backend cog finds the container of a Cog model.'),
  COG_API_KEY: key('A bearer token for a proxy before Cog, which has no keys itself.'),
  COG_INPUTS: defineVariable(
    JSON.stringify(
      Object.fromEntries(Object.entries(defaultCogInputs).filter(([name]) => name !== 'always')),
    ),
    'How the Cog model calls its inputs, as JSON: names that differ, `null` for inputs that it has not, `always` for inputs that never change.',
    z
      .string()
      .optional()
      .transform((text, context): CogInputs => {
        const parsed = text === undefined ? defaultCogInputs : parseCogInputs(text)
        if (typeof parsed !== 'string') return parsed
        context.issues.push({ code: 'custom', message: parsed, input: text })
        return z.NEVER
      }),
  ),
  COG_CONCURRENCY: defineVariable(
    '1',
    'How many predictions the Cog model makes at a time; more wait here.',
    integer(1, 64, 1),
  ),
  A1111_URL: address(
    'http://127.0.0.1:7860',
    'Where the backend a1111 finds AUTOMATIC1111’s web UI, Forge or SD.Next, started with `--api`.',
  ),
  A1111_AUTH: key('`user:password` as in that server’s `--api-auth`.'),
}

/** Model servers as the adapters want them. */
export interface BackendSettings {
  sdServer: { url: string; command: readonly string[] | undefined }
  vllmOmni: { url: string; apiKey: string | undefined }
  sglang: { url: string; apiKey: string | undefined }
  localai: { url: string; apiKey: string | undefined }
  comfyui: { url: string; apiKey: string | undefined; workflowFolder: string }
  cog: { url: string; apiKey: string | undefined; inputs: CogInputs; concurrency: number }
  a1111: { url: string; auth: string | undefined }
}

/** The settings of parsed variables. */
export function backendSettingsOf(parsed: Parsed<typeof backendVariables>): BackendSettings {
  return {
    sdServer: { url: parsed.SD_SERVER_URL, command: parsed.SD_SERVER_COMMAND },
    vllmOmni: { url: parsed.VLLM_OMNI_URL, apiKey: parsed.VLLM_OMNI_API_KEY },
    sglang: { url: parsed.SGLANG_URL, apiKey: parsed.SGLANG_API_KEY },
    localai: { url: parsed.LOCALAI_URL, apiKey: parsed.LOCALAI_API_KEY },
    comfyui: {
      url: parsed.COMFYUI_URL,
      apiKey: parsed.COMFYUI_API_KEY,
      workflowFolder: parsed.COMFYUI_WORKFLOWS,
    },
    cog: {
      url: parsed.COG_URL,
      apiKey: parsed.COG_API_KEY,
      inputs: parsed.COG_INPUTS,
      concurrency: parsed.COG_CONCURRENCY,
    },
    a1111: { url: parsed.A1111_URL, auth: parsed.A1111_AUTH },
  }
}

/** Every server where it listens by default. */
export function defaultBackendSettings(): BackendSettings {
  return backendSettingsOf(parseVariables(backendVariables, {}))
}

/**
 * What is wrong with the models as far as that is known without a server: workflow files, and names of backends that
 * are part of this process. Said at the start, and not with the first picture.
 */
export function modelFaults(models: ModelTable, workflowFolder: string): ConfigFault[] {
  return [...embeddedFaults(models), ...workflowFaults(models, workflowFolder)]
}

function embeddedFaults(models: ModelTable): ConfigFault[] {
  const fault = (message: string): ConfigFault => ({ variable: 'DARKROOM_MODELS', message })
  return models.list().flatMap(({ alias, backend, model }) => {
    const written = JSON.stringify(`${alias}=${backend}:${model}`)
    if (backend === 'sketch' && !isSketchModel(model))
      return [fault(`${written}: the only model of sketch is sketch-1`)]
    if (backend === 'simulated-gpu' && !isSimulatedModel(model))
      return [fault(`${written}: models of simulated-gpu have names like sim-1, and sim-1+shoes with a LoRA`)]
    return []
  })
}

function workflowFaults(models: ModelTable, folder: string): ConfigFault[] {
  const names = new Set(models.list().flatMap(({ backend, model }) => (backend === 'comfyui' ? [model] : [])))
  return [...names].flatMap((name) => {
    const loaded = loadWorkflow(name, folder)
    return 'faults' in loaded
      ? loaded.faults.map((message) => ({ variable: 'DARKROOM_MODELS', message }))
      : []
  })
}
