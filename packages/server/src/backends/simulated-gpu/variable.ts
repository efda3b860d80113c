import { z } from 'zod'
import type { Variable } from '../../config-variable.ts'
import { defineVariable } from '../../config-variable.ts'
import type { SimulatedGpuSettings } from './settings.ts'
import { defaultSimulatedGpu, parseSimulatedGpu } from './settings.ts'

/** The environment variable of the simulated GPU. */
export const simulatedGpuVariables: Record<'DARKROOM_SIMULATED_GPU', Variable<SimulatedGpuSettings>> = {
  DARKROOM_SIMULATED_GPU: defineVariable(
    Object.entries(defaultSimulatedGpu)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    'What the development backend simulated-gpu takes, can and breaks: milliseconds to spin up, to load a model and for a step, steps, memory in megapixels, pictures of a batch, and every which run is out of memory or crashes (0: none).',
    z
      .string()
      .optional()
      .transform((text, context): SimulatedGpuSettings => {
        const parsed = parseSimulatedGpu(text)
        if ('settings' in parsed) return parsed.settings
        context.issues.push({ code: 'custom', message: parsed.faults.join('; '), input: text ?? '' })
        return z.NEVER
      }),
  ),
}
