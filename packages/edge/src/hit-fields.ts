import type { AnswerLabel } from './answer.ts'
import { labelled } from './answer.ts'
import type { HeaderList } from './headers/header-list.ts'
import type { StoredResponse } from './store/edge-store.ts'

interface Made {
  ageS: number | undefined
  ttlS: number | undefined
  headers: HeaderList
}

/** The header fields of hits. They say whole seconds, and are made once for each. */
export class HitFields {
  readonly #made = new WeakMap<StoredResponse, Made>()

  /** @param label of a hit: nothing else in it differs from one hit of an answer to the next */
  of(response: StoredResponse, label: AnswerLabel): HeaderList {
    const {
      ageS,
      status: { ttlS },
    } = label
    const made = this.#made.get(response)
    if (made !== undefined && made.ageS === ageS && made.ttlS === ttlS) return made.headers
    const headers = labelled(response.headers, label)
    this.#made.set(response, { ageS, ttlS, headers })
    return headers
  }
}
