import type { Ask } from './ask.ts'
import type { Collapse } from './collapse.ts'
import { runKindFor } from './collapse.ts'
import type { EdgeOptions } from './edge-options.ts'
import { noRequestDirectives } from './policy/request-directives.ts'
import type { StoredEntry, StoredResponse } from './store/edge-store.ts'

/** Refreshes stale answers behind the backs of those who were just given them (RFC 5861 section 3). */
export class Refresher {
  readonly #options: EdgeOptions
  readonly #collapse: Collapse
  readonly #now: () => number
  readonly #retryMs: number
  /** After a failure: the stale answer would otherwise have a broken origin asked without pause. */
  readonly #notBeforeMs = new WeakMap<StoredResponse, number>()
  #started = 0

  constructor(options: EdgeOptions, collapse: Collapse, now: () => number) {
    this.#options = options
    this.#collapse = collapse
    this.#now = now
    this.#retryMs = options.refreshRetryMs ?? 1000
  }

  /** Refreshes begun. */
  get started(): number {
    return this.#started
  }

  /** Begins to refresh the entry unless that is under way, has just failed, or is refused. Never throws. */
  start(ask: Ask, entry: StoredEntry): void {
    if (!this.#isDue(ask, entry)) return
    this.#refresh(ask, entry).catch((error: unknown) => {
      this.#postpone(entry)
      this.#options.log?.warn({ error, key: ask.key }, 'a stale answer could not be refreshed')
    })
  }

  #isDue(ask: Ask, entry: StoredEntry): boolean {
    if ((this.#notBeforeMs.get(entry.response) ?? 0) > this.#now()) return false
    return !this.#collapse.has(runKindFor(entry), ask)
  }

  async #refresh(ask: Ask, entry: StoredEntry): Promise<void> {
    const kind = runKindFor(entry)
    const asked = ask.mayForward?.(kind === 'edge-revalidate' ? 'revalidate' : 'miss')
    if (asked instanceof Promise) {
      const refusal = await asked
      if (refusal instanceof Response) return
      // Others have been asking as well: one of them may have refreshed it already.
      const current = this.#options.store.get(ask.primaryKey).includes(entry)
      if (!current || !this.#isDue(ask, entry)) return
    } else if (asked instanceof Response) return
    this.#started += 1
    // The client's wishes were about its own answer, which it has.
    const unconditional: Ask = { ...ask, directives: noRequestDirectives, inform: undefined }
    const { answer } = await this.#collapse.run(kind, unconditional, undefined)
    if (answer.kind === 'streamed') await answer.response.body?.cancel()
    else if (answer.originStatus >= 500) this.#postpone(entry)
  }

  #postpone(entry: StoredEntry): void {
    this.#notBeforeMs.set(entry.response, this.#now() + this.#retryMs)
  }
}
