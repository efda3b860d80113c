import type { Variable } from '../config-variable.ts'
import { defineVariable, integer } from '../config-variable.ts'

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
