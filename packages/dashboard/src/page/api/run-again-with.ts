import type { ReadonlySignal } from '@preact/signals'

/** Reads signals in an effect, for it to run again when one of them changes. */
export function runAgainWith(...signals: readonly ReadonlySignal<unknown>[]): void {
  for (const each of signals) void each.value
}
