import type { Variable } from '../config-variable.ts'
import { defineVariable, optionalNumber } from '../config-variable.ts'

const days = optionalNumber(
  /^(?!0+(?:\.0+)?$)\d{1,5}(?:\.\d{1,9})?$/u,
  'must be a number of days above 0, such as 90 or 0.5',
)

/** Environment variables of retention; `config.ts` parses them with all others. */
export const retentionVariables: Record<
  'DARKROOM_RETENTION_DAYS' | 'DARKROOM_RETENTION_UNUSED_DAYS',
  Variable<number | undefined>
> = {
  DARKROOM_RETENTION_DAYS: defineVariable(
    '(for ever)',
    'How long pictures and carousels are kept after they were made, in scopes that say nothing else (`retention` of /v1/scopes), and for how long failed and cancelled work is listed.',
    days,
  ),
  DARKROOM_RETENTION_UNUSED_DAYS: defineVariable(
    '(for ever)',
    'How long pictures and carousels are kept after they were last asked for here. Where a CDN answers, that is when it last asked.',
    days,
  ),
}
