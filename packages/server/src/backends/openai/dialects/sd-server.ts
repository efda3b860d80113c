import type { Dialect } from '../dialect.ts'
import { compatible } from '../model-families.ts'
import { withOwnArguments } from './sd-server-prompt.ts'

/** The smallest multiple of any model's sides: its VAE's factor. Most want 16 or 64. */
const sideMultiplePx = 8

/**
 * stable-diffusion.cpp's `sd-server` (recorded at commit 97d2990). One model a process, whatever name is asked for;
 * one job at a time behind a lock; a running one cannot be stopped. Sizes that the model cannot draw are rounded up
 * silently, by 16 or 64 with the model: such a picture is refused when it comes.
 */
export const sdServerDialect: Dialect = Object.freeze({
  name: 'sd-server',
  names: { url: 'SD_SERVER_URL', key: undefined },
  rendererVersion: 'sd-server-2',
  familyOf: () => ({
    ...compatible,
    name: 'sd-server',
    asks: 'output_format' as const,
    sizeFault: (widthPx: number, heightPx: number) =>
      widthPx % sideMultiplePx === 0 && heightPx % sideMultiplePx === 0
        ? undefined
        : `its sides must be multiples of 64 (of 16 with newer models), e.g. 1024x768`,
  }),
  takes: { seed: true, negative: true, steps: true, strength: true },
  editsOf: () => ({ image: true, mask: true, references: 7 }),
  inputsAs: 'files',
  // Picture i of a call is drawn with seed + i; `limits.max_batch_count` of its capabilities.
  batch: 8,
  oneAtATime: true,
  warms: 'draws',
  promptOf: withOwnArguments,
  fieldsOf: () => ({}),
} satisfies Dialect)
