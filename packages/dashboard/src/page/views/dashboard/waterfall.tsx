import type { VNode } from 'preact'
import type { Span } from '../../api/shapes.ts'
import { bytes, duration } from '../../format.ts'

const hows: Readonly<Record<string, string>> = {
  ran: 'ran',
  joined: 'joined a run',
  cached: 'was there',
  waited: 'waited',
}

/** Units of work from the first to the last, each where it began and as long as it took. A table for all readers. */
export function Waterfall({ spans, totalMs }: { spans: readonly Span[]; totalMs: number | null }): VNode {
  const end = Math.max(totalMs ?? 0, ...spans.map(({ startMs, durationMs }) => startMs + durationMs), 1)
  const begin = Math.min(0, ...spans.map(({ startMs }) => startMs))
  const place = (ms: number): number => (ms / (end - begin)) * 100
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Waterfall">
      <table class="table waterfall">
        <thead>
          <tr>
            <th scope="col">Unit</th>
            <th scope="col">How</th>
            <th scope="col" class="number">
              Began
            </th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="lane">
              <span class="lane-ends">
                <span>{duration(begin)}</span>
                <span>{duration(end)}</span>
              </span>
            </th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span, index) => (
            <tr key={index} title={detailOf(span)}>
              <th scope="row">
                <bdi>{span.name}</bdi>
              </th>
              <td>
                <span class={`how ${span.how}`}>{hows[span.how] ?? span.how}</span>
              </td>
              <td class="number">{duration(span.startMs)}</td>
              <td class="number">
                {duration(span.durationMs)}
                {typeof span.savedMs === 'number' && span.savedMs > 0 && (
                  <span class="quiet"> saved {duration(span.savedMs)}</span>
                )}
              </td>
              <td class="lane">
                <span
                  class={`lane-span ${span.how}`}
                  style={{
                    left: `${place(span.startMs - begin)}%`,
                    width: `max(3px, ${place(span.durationMs)}%)`,
                  }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function detailOf({ kind, process, detail, bytes: size }: Span): string {
  const words = [kind]
  if (typeof process === 'string' && process !== '') words.push(process)
  if (typeof size === 'number' && size > 0) words.push(bytes(size))
  if (typeof detail === 'string') words.push(detail)
  else if (detail !== undefined && detail !== null) words.push(JSON.stringify(detail))
  return words.join(' · ').slice(0, 400)
}
