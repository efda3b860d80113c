import type { Backend, BackendEvent, BackendRequest } from '../../backend.ts'
import { BackendError, noInputs } from '../../backend.ts'

/** A plain request; tests change what they are about. */
export function requestWith(changes: Partial<BackendRequest> = {}): BackendRequest {
  return {
    id: 'gen_1-1',
    model: 'gpt-image-1',
    prompt: 'a red sailboat at sunset',
    negative: undefined,
    style: undefined,
    widthPx: 1024,
    heightPx: 1024,
    seed: 0,
    inputs: noInputs,
    strength: undefined,
    steps: undefined,
    ...changes,
  }
}

/** All events of one run. */
export async function eventsOf(
  backend: Backend,
  changes: Partial<BackendRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<BackendEvent[]> {
  return await collect(backend.generate(requestWith(changes), signal))
}

/** Everything that an iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** The BackendError of a run that must fail with one. */
export async function failureOf(
  backend: Backend,
  changes: Partial<BackendRequest> = {},
): Promise<BackendError> {
  try {
    await eventsOf(backend, changes)
  } catch (error) {
    if (error instanceof BackendError) return error
    throw error
  }
  throw new Error('The run succeeded')
}
