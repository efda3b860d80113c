import type { HeaderList } from '../headers/header-list.ts'

type Field = HeaderList[number]

/** Fields kept to be found again; then it starts over. */
const maxFields = 4096

/** Longer values are hardly ever said twice. */
const maxValueLength = 256

/**
 * Keeps one copy of equal header fields. A hundred thousand stored answers have the same `Content-Type` and
 * `Cache-Control`, and what is there once need not be visited a hundred thousand times by the garbage collector.
 */
export class HeaderPool {
  readonly #fields = new Map<string, Field>()

  /** The same list, made of shared fields where there are equal ones. */
  headers(headers: HeaderList): HeaderList {
    return headers.map((field) => this.#shared(field))
  }

  #shared(field: Field): Field {
    const [name, value] = field
    if (value.length > maxValueLength) return field
    const id = `${name}:${value}`
    const known = this.#fields.get(id)
    if (known !== undefined) return known
    if (this.#fields.size >= maxFields) this.#fields.clear()
    this.#fields.set(id, field)
    return field
  }
}
