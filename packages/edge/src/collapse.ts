import type { Flights, How, Outcome, Unit } from '@darkroom/once'
import { createFlights } from '@darkroom/once'
import type { Ask } from './ask.ts'
import { exactly, selectEntry } from './ask.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { FilledAnswer, WholeAnswer } from './filled-answer.ts'
import type { OriginFill } from './origin-fill.ts'
import { canBeValidated } from './policy/validation.ts'
import { varyKeyOf } from './policy/vary.ts'
import type { StoredEntry } from './store/edge-store.ts'

/** A miss and a validation are distinct: who needs the one cannot wait for the other. */
export type RunKind = 'edge-miss' | 'edge-revalidate'

/** The kind of run that brings an answer in place of what is stored, if anything is. */
export function runKindFor(entry: StoredEntry | undefined): RunKind {
  // Without a validator the origin can only make the answer anew: that costs what a miss costs.
  return entry !== undefined && canBeValidated(entry.response.headers) ? 'edge-revalidate' : 'edge-miss'
}

/** What a run brought, and how this caller came by it. */
export interface Collapsed {
  answer: FilledAnswer
  how: How
}

/** After so many answers that were not for this caller, it takes the next that is its variant. */
const maxRounds = 4

/** Collapsed forwarding: concurrent requests for the same share one run of the origin. */
export class Collapse {
  readonly #options: EdgeOptions
  readonly #fill: OriginFill
  readonly #flights: Flights<FilledAnswer>

  constructor(options: EdgeOptions, fill: OriginFill) {
    this.#options = options
    this.#fill = fill
    // `finish`: what was begun is stored, so that a caller who comes back need not begin again.
    this.#flights = createFlights<FilledAnswer>({ whenAbandoned: 'finish', ledger: options.ledger })
  }

  get inFlight(): number {
    return this.#flights.inFlight
  }

  /** Is a run under way that this request would join? */
  has(kind: RunKind, ask: Ask): boolean {
    return this.#flights.has(this.#unit(kind, ask, this.#knownVaryKey(ask), 0))
  }

  /**
   * The answer for one caller. Another caller's answer is looked at again: one for other selecting headers than
   * this caller's, or one that was purged meanwhile, is not for it. It then asks again, together with the
   * others in its place, rather than alone.
   */
  async run(kind: RunKind, ask: Ask, signal: AbortSignal | undefined): Promise<Collapsed> {
    let varyKey = this.#knownVaryKey(ask)
    let purges = 0
    for (let round = 1; ; round += 1) {
      let verdict: Verdict = 'mine'
      const outcome: Outcome<FilledAnswer> = await this.#flights.run(
        this.#unit(kind, ask, varyKey, purges),
        (flight) => this.#fill.run(ask, flight),
        {
          signal,
          joinTimeoutMs: this.#options.joinTimeoutMs,
          // Called as the answer is delivered: later the purges of its time may be forgotten.
          accept: (answer) => {
            verdict = this.#judge(answer, ask)
            return round < maxRounds || verdict !== 'other-variant'
          },
        },
      )
      const { value, how } = outcome
      if (how !== 'joined' || round === maxRounds || (verdict as Verdict) === 'mine')
        return { answer: value, how }
      if ((verdict as Verdict) === 'purged') purges += 1
      else if (value.kind === 'whole') varyKey = this.#varyKeyFor(value, ask)
    }
  }

  #judge(answer: FilledAnswer, ask: Ask): Verdict {
    if (answer.kind === 'streamed') return 'other-variant'
    if (answer.varyKey !== this.#varyKeyFor(answer, ask)) return 'other-variant'
    const purged = answer.purged || this.#options.store.isPurgedSince(answer.purgeNames, answer.fill)
    return purged ? 'purged' : 'mine'
  }

  #varyKeyFor(answer: WholeAnswer, ask: Ask): string {
    return varyKeyOf(answer.varyNames, ask.request.headers, this.#options.foldVary)
  }

  #knownVaryKey(ask: Ask): string {
    return selectEntry(ask, this.#options.store, exactly(this.#options.foldVary)).varyKey
  }

  #unit(kind: RunKind, ask: Ask, varyKey: string, purges: number): Unit {
    return { kind, domain: ask.domain, key: JSON.stringify([ask.key, varyKey, purges]) }
  }
}

type Verdict = 'mine' | 'other-variant' | 'purged'
