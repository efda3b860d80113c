import type { VNode } from 'preact'
import { duration } from '../format.ts'

const lowestMs = 0.1
const highestMs = 100_000

/** Where a duration stands between 0.1 ms and 100 s, 0..1, on a logarithmic scale. */
export function logPosition(ms: number): number {
  const clamped = Math.min(highestMs, Math.max(lowestMs, ms))
  return Math.log10(clamped / lowestMs) / Math.log10(highestMs / lowestMs)
}

/** P50 to P99 as a band on a logarithmic track, with a mark at P95. The figures stand in the same row. */
export function SpanTrack(props: {
  p50Ms: number | null
  p95Ms: number | null
  p99Ms: number | null
  colour: string
}): VNode {
  const { p50Ms, p95Ms, p99Ms, colour } = props
  if (p50Ms === null) return <span class="track" />
  const from = logPosition(p50Ms) * 100
  const to = logPosition(p99Ms ?? p50Ms) * 100
  return (
    <span class="track" title={`${duration(p50Ms)} to ${duration(p99Ms)}`}>
      <span
        class="track-band"
        style={{ left: `${from}%`, width: `max(6px, ${to - from}%)`, background: `var(${colour})` }}
      />
      {p95Ms !== null && <span class="track-mark" style={{ left: `${logPosition(p95Ms) * 100}%` }} />}
    </span>
  )
}
