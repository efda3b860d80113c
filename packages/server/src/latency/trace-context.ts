import { randomFillSync } from 'node:crypto'

/** Where in a trace something happens (W3C Trace Context, level 1). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string
  /** 16 hexadecimal digits: the caller's span, or the own one. */
  spanId: string
  /** Whether whoever began the trace wants it recorded. */
  sampled: boolean
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u

/** Reads `traceparent`; `undefined` for what is none, which the standard says to go on without. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  if (text === null || text === undefined) return undefined
  const [, version, traceId = '', spanId = '', flags = '', rest] = pattern.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/u.test(traceId) || /^0+$/u.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** Random hexadecimal digits, never all zero. */
export function randomHex(bytes: 8 | 16): string {
  const buffer = randomFillSync(Buffer.alloc(bytes))
  // All zeros are no id; once in 2^64 this is one.
  if (buffer.every((byte) => byte === 0)) buffer[0] = 1
  return buffer.toString('hex')
}
