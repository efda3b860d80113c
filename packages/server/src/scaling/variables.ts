import { z } from 'zod'
import type { Parsed, Variable } from '../config-variable.ts'
import { ConfigError, defineVariable, httpUrl, integer, optionalNumber } from '../config-variable.ts'

const dollars = /^\d{1,6}(?:\.\d{1,6})?$/u

/** Environment variables of how many workers are wanted; `config.ts` parses them with all others. */
export const scalingVariables: {
  DARKROOM_SCALING_MIN: Variable<number>
  DARKROOM_SCALING_MAX: Variable<number>
  DARKROOM_SCALING_SPIN_UP_S: Variable<number>
  DARKROOM_SCALING_TARGET_WAIT_S: Variable<number>
  DARKROOM_SCALING_USD_PER_WORKER_HOUR: Variable<number | undefined>
  DARKROOM_SCALING_MAX_USD_PER_HOUR: Variable<number | undefined>
  DARKROOM_SCALING_WEBHOOK: Variable<string | undefined>
  DARKROOM_SCALING_COMMAND: Variable<string | undefined>
} = {
  DARKROOM_SCALING_MIN: defineVariable(
    '1',
    'Workers that `/v1/scaling` always wants; 0 lets the last one go in silence.',
    integer(0, 1000, 1),
  ),
  DARKROOM_SCALING_MAX: defineVariable(
    '10',
    'Workers that `/v1/scaling` never exceeds.',
    integer(1, 1000, 10),
  ),
  DARKROOM_SCALING_SPIN_UP_S: defineVariable(
    '150',
    'How long a worker takes from its order until it serves: how far ahead demand is forecast.',
    integer(1, 3600, 150),
  ),
  DARKROOM_SCALING_TARGET_WAIT_S: defineVariable(
    '60',
    'The wait that one request in a hundred may exceed: what is aimed at. Less costs more idle workers.',
    integer(1, 3600, 60),
  ),
  DARKROOM_SCALING_USD_PER_WORKER_HOUR: defineVariable(
    '',
    'What a worker costs an hour, in US dollars, for the limit below and for the dashboard.',
    optionalNumber(dollars, 'must be a number of US dollars, such as 1.99'),
  ),
  DARKROOM_SCALING_MAX_USD_PER_HOUR: defineVariable(
    '',
    'The most that workers may cost an hour, in US dollars: as many are wanted as that pays for, whatever waits. It needs DARKROOM_SCALING_USD_PER_WORKER_HOUR.',
    optionalNumber(dollars, 'must be a number of US dollars, such as 20'),
  ),
  DARKROOM_SCALING_WEBHOOK: defineVariable(
    '',
    'A URL that is told how many workers are wanted whenever that changes, at most once in 30 s: for GPU clouds without an autoscaler. Signed as other webhooks are, with the secret of the project default.',
    httpUrl(),
  ),
  DARKROOM_SCALING_COMMAND: defineVariable(
    '',
    'A command that runs one worker on this machine, such as `darkroom start --role worker` (words separated by spaces; no shell). As many run as are wanted; a surplus one is sent SIGTERM once it is idle, and ends what it runs.',
    optionalText(),
  ),
}

function optionalText(): Variable<string | undefined>['schema'] {
  return z.string().trim().min(1).optional()
}

/** How many workers are wanted, and who is told. */
export interface ScalingSettings {
  readonly min: number
  /** What `DARKROOM_SCALING_MAX` and the money allow. */
  readonly max: number
  readonly spinUpMs: number
  readonly targetWaitMs: number
  readonly usdPerWorkerHour: number | undefined
  readonly webhook: string | undefined
  /** Program and arguments. */
  readonly command: readonly string[] | undefined
}

/** The settings from the parsed variables. @throws ConfigError for a limit of money without a price */
export function scalingSettingsOf(parsed: Parsed<typeof scalingVariables>): ScalingSettings {
  const price = parsed.DARKROOM_SCALING_USD_PER_WORKER_HOUR
  const limit = parsed.DARKROOM_SCALING_MAX_USD_PER_HOUR
  if (limit !== undefined && (price === undefined || price === 0)) {
    throw new ConfigError([
      {
        variable: 'DARKROOM_SCALING_MAX_USD_PER_HOUR',
        message: 'needs DARKROOM_SCALING_USD_PER_WORKER_HOUR, the price of one worker',
      },
    ])
  }
  const paidFor = limit === undefined || price === undefined ? Infinity : Math.floor(limit / price)
  return Object.freeze({
    min: parsed.DARKROOM_SCALING_MIN,
    max: Math.min(parsed.DARKROOM_SCALING_MAX, paidFor),
    spinUpMs: parsed.DARKROOM_SCALING_SPIN_UP_S * 1000,
    targetWaitMs: parsed.DARKROOM_SCALING_TARGET_WAIT_S * 1000,
    usdPerWorkerHour: price,
    webhook: parsed.DARKROOM_SCALING_WEBHOOK,
    command: parsed.DARKROOM_SCALING_COMMAND?.split(/\s+/u),
  })
}
