import type { Bytes, SharedBody } from './shared-body.ts'

const sources = new WeakMap<Response, Bytes | SharedBody>()

/** Remembers what a response's body is made of, so that a front door need not read it through a stream. */
export function withSource(response: Response, source: Bytes | SharedBody): Response {
  sources.set(response, source)
  return response
}

/** The whole body of a response of an edge; undefined where it is a part, or is not kept. */
export function sourceOf(response: Response): Bytes | SharedBody | undefined {
  return sources.get(response)
}
