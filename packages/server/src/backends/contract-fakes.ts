import type { Backend, BackendRequest } from './backend.ts'
import type { Situation } from './contract-harness.ts'

/** A server that behaves as it is told, as the adapters' fakes do. */
interface Fake<Mode extends string> {
  mode: Mode
  close(): Promise<void>
}

/** Situations that every fake can be brought into in the same way. */
export interface FakeSituations<Mode extends string> {
  /** It answers in this mode from now on. */
  answering(mode: Mode): Situation
  /** Nothing listens any more. */
  unreachable: Situation
  /** Begins a run that is not waited for, so that the next one has to wait. */
  occupy(backend: Backend, request: BackendRequest): void
  /** Ends what `occupy` began. */
  release(): void
}

export function fakeSituations<Mode extends string>(fake: Fake<Mode>): FakeSituations<Mode> {
  const before = new AbortController()
  return {
    answering: (mode) => () => {
      fake.mode = mode
      return {}
    },
    unreachable: async () => {
      await fake.close()
      return {}
    },
    occupy: (backend, request) => {
      const readAll = async (): Promise<void> => {
        for await (const _ of backend.generate(request, before.signal));
      }
      // It fails when it is released, and nobody asks how it ended.
      void readAll().catch(() => undefined)
    },
    release: () => before.abort(),
  }
}
