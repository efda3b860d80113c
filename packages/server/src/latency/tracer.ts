import type { TraceContext } from './trace-context.ts'

/** Something that has ended. */
export interface FinishedSpan {
  /** From `begin`. */
  context: TraceContext
  /** The span of the caller; `undefined`: this began the trace. */
  parentSpanId: string | undefined
  name: string
  /** `server`: answered a request. `consumer`: worked on a job of the queue. */
  kind: 'server' | 'consumer'
  /** Milliseconds since 1970. */
  startMs: number
  endMs: number
  attributes: Readonly<Record<string, string | number>>
  /** One after the other, from `startMs` on. */
  stages: readonly (readonly [name: string, durationMs: number])[]
  failed: boolean
}

/** Traces, where the operator has switched them on. */
export interface Tracer {
  /** The place of a new span in its caller's trace, or in a new one. */
  begin(parent: TraceContext | undefined): TraceContext
  end(span: FinishedSpan): void
}
