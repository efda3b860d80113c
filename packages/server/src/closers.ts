import type { Logger } from 'pino'

/** Closes what was opened, in reverse order, and goes on when one part fails to close. */
export class Closers {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = []
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  add(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close })
  }

  async close(): Promise<void> {
    for (const { name, close } of this.#closers.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        this.#log.warn({ err: error }, `closing ${name} failed`)
      }
    }
  }
}
