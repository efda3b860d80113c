import type { Variable } from '../config-variable.ts'
import { defineVariable, integer } from '../config-variable.ts'

/** Environment variables of the usage log and of prediction; `config.ts` parses them with all others. */
export const predictionVariables: Record<
  'DARKROOM_USAGE_KEEP_DAYS' | 'DARKROOM_PREDICTION_QUEUED',
  Variable<number>
> = {
  DARKROOM_USAGE_KEEP_DAYS: defineVariable(
    '60',
    'How long the log of picture requests is kept: keys and hashes, no prompts. 0 keeps none, and then nothing is predicted.',
    integer(0, 3650, 60),
  ),
  DARKROOM_PREDICTION_QUEUED: defineVariable(
    '8',
    'How many pictures that nobody has asked for yet may be queued or running at once, in all processes. 0 makes none.',
    integer(0, 10_000, 8),
  ),
}

/** What of the configuration is prediction's. */
export interface PredictionSettings {
  readonly usageKeepDays: number
  /** Speculative pictures that are queued or running at once. */
  readonly maxQueued: number
}

export function predictionSettingsOf(
  parsed: Readonly<Record<keyof typeof predictionVariables, number>>,
): PredictionSettings {
  return Object.freeze({
    usageKeepDays: parsed.DARKROOM_USAGE_KEEP_DAYS,
    maxQueued: parsed.DARKROOM_PREDICTION_QUEUED,
  })
}
