import type { EdgeLog } from './edge-options.ts'

/** So many reports are remembered: a thousand broken pages are one line each, and memory stays bounded. */
const maxRemembered = 1000

/** A header of a few values, such as an encoding or a language, stays below. */
const manyVariants = 32

/** Says each thing once: what a broken origin does, it does on every request. */
export class OnceLog {
  readonly #log: EdgeLog | undefined
  readonly #said = new Set<string>()
  readonly #failures = new WeakSet<object>()

  constructor(log: EdgeLog | undefined) {
    this.#log = log
  }

  warn(key: string, message: string): void {
    if (this.#log === undefined) return
    const id = `${message} ${key}`
    if (this.#said.has(id)) return
    const [oldest] = this.#said
    if (this.#said.size >= maxRemembered && oldest !== undefined) this.#said.delete(oldest)
    this.#said.add(id)
    this.#log.warn({ key }, message)
  }

  /** A request for one more variant of a URL that has so many stored. */
  variants(key: string, count: number): void {
    if (count < manyVariants) return
    const message =
      'Vary names a header of many values: each is asked for again, and they push each other out'
    this.warn(key, message)
  }

  /** A failure is one line, however many have waited for it. */
  failure(error: unknown, key: string, message: string): void {
    if (error instanceof Error) {
      if (this.#failures.has(error)) return
      this.#failures.add(error)
    }
    this.#log?.warn({ error, key }, message)
  }
}
