import type { ErrorCode } from '../errors.ts'
import type { Backend, BackendRequest, RetryAdvice } from './backend.ts'

/** What a harness changes for one situation; whatever is left out stays as it is. */
export interface SituationSetup {
  /** Fields of the request that provoke the situation. */
  request?: Partial<BackendRequest>
  /** Another backend to ask, e.g. one whose server is not there. */
  backend?: Backend
  /** `running` and `queued`: settles when the server really has it. Default: the run's first event. */
  reached?: Promise<unknown>
  /** `running` and `queued`: settles when the server noticed that nobody wants the picture any more. */
  stopped?: Promise<unknown>
}

/** Brings the model server into a situation, or says in a sentence why this adapter cannot be in it. */
export type Situation = (() => SituationSetup | Promise<SituationSetup>) | string

/** Every situation is named, so that no adapter forgets one. */
export interface BackendSituations {
  /** A generation that takes long enough to be aborted while it runs. */
  running: Situation
  /** As `running`, but the request waits in the server's own queue behind another: it must be taken out of it. */
  queued: Situation
  /** The server refuses the request as such. */
  invalidRequest: Situation
  /** A size that the model cannot draw. */
  impossibleSize: Situation
  unknownModel: Situation
  /** Two requests with one id; the contract starts them. */
  duplicateId: Situation
  /** The server answers well, but without a picture. */
  noImage: Situation
  /** The server sends a whole picture of another size than it was asked for. */
  wrongSize: Situation
  /** The server sends ten previews or more, as fast as it can. */
  manyPreviews: Situation
  /** The server sends something else as the picture. */
  notAnImage: Situation
  outOfMemory: Situation
  /** The server dies while it works. */
  crash: Situation
  /** Nothing answers at the server's address. */
  unreachable: Situation
  /** The server is still loading: `generate` waits, or fails with advice to try again. */
  slowStart: Situation
  /** `health` must say `failed`. */
  unhealthy: Situation
}

/** One backend with its model server, made anew for every case. */
export interface BackendHarness {
  backend: Backend
  /** A model that works. */
  model: string
  /** A size that works. */
  size: { widthPx: number; heightPx: number }
  /** Whether equal requests give equal bytes: `true`, or why not. Without it, mixing up runs cannot be seen. */
  deterministic: true | string
  situations: BackendSituations
  close(): Promise<void>
}

/** How a run must fail in a situation: one of these codes, with one of these advices. */
export interface ExpectedFailure {
  situation: Exclude<
    keyof BackendSituations,
    'running' | 'queued' | 'duplicateId' | 'wrongSize' | 'manyPreviews' | 'slowStart' | 'unhealthy'
  >
  codes: readonly ErrorCode[]
  retries: readonly RetryAdvice[]
}

/** The failures that every adapter must tell apart, since the queue acts on them. */
export const expectedFailures: readonly ExpectedFailure[] = [
  { situation: 'invalidRequest', codes: ['invalid_request', 'unsupported_by_backend'], retries: ['never'] },
  { situation: 'impossibleSize', codes: ['unsupported_by_backend'], retries: ['never'] },
  { situation: 'unknownModel', codes: ['unknown_model', 'backend_failed'], retries: ['never'] },
  {
    situation: 'noImage',
    codes: ['backend_bad_answer', 'moderated'],
    retries: ['never', 'same', 'elsewhere'],
  },
  { situation: 'notAnImage', codes: ['backend_bad_answer'], retries: ['never', 'same', 'elsewhere'] },
  { situation: 'outOfMemory', codes: ['backend_out_of_memory'], retries: ['smaller', 'elsewhere'] },
  { situation: 'crash', codes: ['backend_unavailable', 'backend_failed'], retries: ['same', 'elsewhere'] },
  { situation: 'unreachable', codes: ['backend_unavailable'], retries: ['same', 'elsewhere'] },
]
