import type { TestContext } from 'vitest'
import type { BackendEvent, BackendRequest } from './backend.ts'
import { noInputs } from './backend.ts'
import type { BackendHarness, BackendSituations, SituationSetup } from './contract-harness.ts'

/** Hands the harness of the running case to its helpers. */
export type CurrentHarness = () => BackendHarness

let requestCount = 0

/** A request that the harness's model can draw, under an id of its own. */
export function requestFor(harness: BackendHarness, changes: Partial<BackendRequest> = {}): BackendRequest {
  requestCount += 1
  return {
    id: `contract-${requestCount}`,
    model: harness.model,
    prompt: 'a red sailboat at sunset',
    negative: undefined,
    style: undefined,
    ...harness.size,
    seed: 7,
    inputs: noInputs,
    strength: undefined,
    steps: undefined,
    ...changes,
  }
}

/** A signal that never aborts. */
export const never = (): AbortSignal => new AbortController().signal

/** Brings the server into a situation; skips the case, with the harness's reason, where it cannot be. */
export async function situationOf(
  context: TestContext,
  harness: BackendHarness,
  name: keyof BackendSituations,
): Promise<Required<Pick<SituationSetup, 'request' | 'backend'>> & SituationSetup> {
  const situation = harness.situations[name]
  if (typeof situation === 'string') context.skip(situation)
  const setup = await situation()
  return { ...setup, request: setup.request ?? {}, backend: setup.backend ?? harness.backend }
}

/** Consumes a run in the background; `first` settles at its first event or at its end. */
export function follow(run: AsyncIterable<BackendEvent>): {
  first: Promise<void>
  events: BackendEvent[]
  end: Promise<unknown>
} {
  const { promise: first, resolve } = Promise.withResolvers<void>()
  const events: BackendEvent[] = []
  const consume = async (): Promise<void> => {
    for await (const event of run) {
      events.push(event)
      resolve()
    }
  }
  const end = consume().then(
    () => undefined,
    (error: unknown) => error,
  )
  void end.then(() => resolve())
  return { first, events, end }
}
