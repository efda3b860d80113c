import type { Flight, Work } from '@darkroom/once'
import type { Ask } from './ask.ts'
import type { FillParts, RunFlight } from './fill-run.ts'
import { FillRun } from './fill-run.ts'
import type { FilledAnswer } from './filled-answer.ts'
import { OnceLog } from './once-log.ts'
import { answerNames } from './purge-names.ts'
import type { Fill } from './tags/purge-epochs.ts'

const defaultMaxObjectBytes = 32 * 1024 * 1024

/** Runs of the origin on behalf of everybody who asks for the same: judge the answer, share it, keep it. */
export class OriginFill {
  readonly #parts: FillParts
  readonly #log: OnceLog

  constructor(parts: Omit<FillParts, 'maxObjectBytes'>) {
    this.#parts = { ...parts, maxObjectBytes: parts.options.maxObjectBytes ?? defaultMaxObjectBytes }
    this.#log = new OnceLog(parts.options.log)
  }

  /** The work of one flight. */
  async run(ask: Ask, flight: Flight): Promise<Work<FilledAnswer>> {
    const { store } = this.#parts.options
    const fill = store.beginFill()
    try {
      const work = await new FillRun(this.#parts, ask, flight, fill, this.#log).run()
      const { value } = work
      // Before the end of the fill, since the store need not remember older purges after it.
      if (value.kind === 'whole') value.purged = store.isPurgedSince(value.purgeNames, fill)
      if (work.until === undefined) store.endFill(fill)
      else void work.until.finally(() => store.endFill(fill)).catch(() => undefined)
      return work
    } catch (error) {
      store.endFill(fill)
      throw error
    }
  }

  /**
   * Keeps the answer to a POST as that of a GET of the same URL, which the caller has made sure that it is.
   * @param begun the fill that began before the origin was asked; not ended here
   * @param invalidate drops what the URL had until now, together with the fills under way for it
   */
  async keep(ask: Ask, response: Response, begun: Fill, invalidate: () => void): Promise<FilledAnswer> {
    const { store } = this.#parts.options
    const own = answerNames(ask, [])
    const raced = store.isPurgedSince(own, begun)
    invalidate()
    const fill = store.beginFill()
    try {
      const run = new FillRun(this.#parts, ask, loneFlight, fill, this.#log)
      // Its own invalidation is no reason not to keep it; any other purge since it was asked for is.
      run.isPurged = (names) =>
        raced ||
        store.isPurgedSince(
          names.filter((name) => !own.includes(name)),
          begun,
        )
      const work = await run.take(response)
      await work.until
      return work.value
    } finally {
      store.endFill(fill)
    }
  }
}

/** A run that nobody else can join. */
const loneFlight: RunFlight = { release: () => undefined, callers: 1 }
