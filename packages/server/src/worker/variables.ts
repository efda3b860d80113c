import { z } from 'zod'
import type { Variable } from '../config-variable.ts'
import { defineVariable, integer, listOfTexts } from '../config-variable.ts'
import type { PriceList } from './prices.ts'
import { parsePrices } from './prices.ts'

/** Environment variables of queued work; `config.ts` parses them with all others. */
export const workVariables: Record<
  | 'DARKROOM_BACKEND_TIMEOUT_S'
  | 'DARKROOM_WORKER_CONCURRENCY'
  | 'DARKROOM_CAROUSEL_CONCURRENCY'
  | 'DARKROOM_QUEUE_LIMIT'
  | 'DARKROOM_DRAIN_S'
  | 'DARKROOM_WEBHOOK_KEEP_DAYS',
  Variable<number>
> = {
  DARKROOM_BACKEND_TIMEOUT_S: defineVariable(
    '300',
    'How long one run of a backend may take before it counts as failed.',
    integer(1, 7200, 300),
  ),
  DARKROOM_WORKER_CONCURRENCY: defineVariable(
    '2',
    'How many generations this process runs at once.',
    integer(1, 64, 2),
  ),
  DARKROOM_CAROUSEL_CONCURRENCY: defineVariable(
    '4',
    'How many carousels this process makes at once; most of their time they wait for a base.',
    integer(1, 64, 4),
  ),
  DARKROOM_QUEUE_LIMIT: defineVariable(
    '1000',
    'How many generations, and how many carousels, a scope may have queued; one more is answered 429. What is queued already may be asked for by any number.',
    integer(1, 1_000_000, 1000),
  ),
  DARKROOM_DRAIN_S: defineVariable(
    '5',
    'How long a stopping worker lets running generations end before it hands them back to the queue.',
    integer(0, 600, 5),
  ),
  DARKROOM_WEBHOOK_KEEP_DAYS: defineVariable(
    '30',
    'How long messages to webhooks and their attempts are kept after they were delivered or given up.',
    integer(1, 3650, 30),
  ),
}

/** Environment variables of how a worker treats its model servers. */
export const serverVariables: {
  DARKROOM_WARM_MODELS: Variable<string[]>
  DARKROOM_KEEP_ALIVE_S: Variable<number>
  DARKROOM_BATCH_WINDOW_MS: Variable<number>
  DARKROOM_BREAKER_FAILURES: Variable<number>
  DARKROOM_SPECULATION_REST_S: Variable<number>
  DARKROOM_SPOT_NOTICE_FILE: Variable<string | undefined>
  DARKROOM_SPOT_NOTICE_S: Variable<number>
  DARKROOM_PRICES: Variable<PriceList>
} = {
  DARKROOM_WARM_MODELS: defineVariable(
    'default',
    'Public names of the models that a worker loads at its start, separated by commas. Any other is loaded when it is asked for and no worker has it.',
    listOfTexts().transform((names) => (names.length === 0 ? ['default'] : names)),
  ),
  DARKROOM_KEEP_ALIVE_S: defineVariable(
    '0',
    'After this long without work a worker draws one small step with each model it has loaded, so that the server keeps them; 0: never.',
    integer(0, 86_400, 0),
  ),
  DARKROOM_BATCH_WINDOW_MS: defineVariable(
    '15',
    'How long a worker collects requests of one model, size and number of steps for one batch, where the backend makes batches.',
    integer(0, 1000, 15),
  ),
  DARKROOM_BREAKER_FAILURES: defineVariable(
    '5',
    'After this many failures of a backend in a row nothing is taken for it until it has drawn a small picture again.',
    integer(1, 1000, 5),
  ),
  DARKROOM_SPECULATION_REST_S: defineVariable(
    '30',
    'How long a worker must have drawn nothing that somebody waits for, before it draws ahead: requests come in bursts. 0: whenever it is idle.',
    integer(0, 86_400, 30),
  ),
  DARKROOM_SPOT_NOTICE_FILE: defineVariable(
    '',
    'A file whose coming says that this machine will be taken away: the worker takes no more jobs, ends what fits into DARKROOM_SPOT_NOTICE_S, hands back the rest. SIGUSR2 says the same.',
    z.string().min(1).optional(),
  ),
  DARKROOM_SPOT_NOTICE_S: defineVariable(
    '25',
    'How long after a notice running generations may go on.',
    integer(0, 600, 25),
  ),
  DARKROOM_PRICES: defineVariable(
    '',
    'What pictures cost, in US dollars, by public name or backend:model: flux=0.0004/s for each second of the GPU, gpt-image-1=0.04 for each picture; * for any other. What a server charges itself comes first.',
    z
      .string()
      .optional()
      .transform((text, context): PriceList => {
        const parsed = parsePrices(text)
        if ('prices' in parsed) return parsed.prices
        context.issues.push({ code: 'custom', message: parsed.faults.join('; '), input: text ?? '' })
        return z.NEVER
      }),
  ),
}

/** How a worker treats its model servers; times in milliseconds. */
export interface ServerSettings {
  readonly warmModels: readonly string[]
  /** 0: never. */
  readonly keepAliveMs: number
  readonly batchWindowMs: number
  readonly breakerFailures: number
  readonly speculationRestMs: number
  readonly spotNoticeFile: string | undefined
  readonly spotNoticeMs: number
  readonly prices: PriceList
}

/** The settings from the parsed variables. */
export function serverSettingsOf(parsed: {
  readonly [Name in keyof typeof serverVariables]: z.output<(typeof serverVariables)[Name]['schema']>
}): ServerSettings {
  return Object.freeze({
    warmModels: Object.freeze(parsed.DARKROOM_WARM_MODELS),
    keepAliveMs: parsed.DARKROOM_KEEP_ALIVE_S * 1000,
    batchWindowMs: parsed.DARKROOM_BATCH_WINDOW_MS,
    breakerFailures: parsed.DARKROOM_BREAKER_FAILURES,
    speculationRestMs: parsed.DARKROOM_SPECULATION_REST_S * 1000,
    spotNoticeFile: parsed.DARKROOM_SPOT_NOTICE_FILE,
    spotNoticeMs: parsed.DARKROOM_SPOT_NOTICE_S * 1000,
    prices: parsed.DARKROOM_PRICES,
  })
}
