import { createDraw } from '../draw.ts'
import type { Trace } from './trace.ts'
import { createTraceBuilder } from './trace.ts'

/**
 * Traces in which there is nothing to foresee. A predictor that spends on them spends on noise.
 * @param seed - another seed, another trace
 */
export const controlTraces = {
  /** Each request asks for any of the known keys, all of them equally likely. */
  uniform: (trace: Trace, seed: number): Trace => {
    const draw = createDraw(seed)
    const pool = distinctKeys(trace)
    return rebuilt(trace, (index) => ({
      key: pool[Math.floor(draw('uniform', index) * pool.length)] ?? '',
      atMs: trace.atMs(index),
    }))
  },
  /** The same requests, each at the time of another one. */
  timeShuffled: (trace: Trace, seed: number): Trace => {
    const draw = createDraw(seed)
    const order = Int32Array.from({ length: trace.count }, (_, index) => index)
    for (let index = order.length - 1; index > 0; index--) {
      const other = Math.floor(draw('shuffle', index) * (index + 1))
      const [a, b] = [order[index] ?? 0, order[other] ?? 0]
      order[index] = b
      order[other] = a
    }
    return rebuilt(trace, (index) => ({ key: trace.event(index).key, atMs: trace.atMs(order[index] ?? 0) }))
  },
  /** Every fiftieth request: too little of each key to know anything. */
  sparse: (trace: Trace, seed: number): Trace => {
    const draw = createDraw(seed)
    const builder = createTraceBuilder()
    for (let index = 0; index < trace.count; index++)
      if (draw('sparse', index) < 0.02) builder.add(trace.event(index))
    return builder.finish()
  },
} as const

function rebuilt(trace: Trace, of: (index: number) => { key: string; atMs: number }): Trace {
  const builder = createTraceBuilder()
  for (let index = 0; index < trace.count; index++) builder.add({ ...trace.event(index), ...of(index) })
  return builder.finish()
}

function distinctKeys(trace: Trace): string[] {
  const keys = new Set<string>()
  for (let index = 0; index < trace.count; index++) keys.add(trace.event(index).key)
  return [...keys]
}
