import type { VNode } from 'preact'
import { overview } from '../../api/overview.ts'
import type { Overview } from '../../api/shapes.ts'
import { classOf, inClassOrder } from '../../charts/class-colours.ts'
import { SpanTrack } from '../../charts/span-track.tsx'
import { count, duration } from '../../format.ts'
import { Empty, Panel, Skeleton } from '../../parts/panel.tsx'

/** How long each class of the cache took in the last five minutes. */
export function ClassPanel(): VNode {
  const told = overview.value
  return (
    <Panel
      title="By cache class"
      about="The last five minutes. The band goes from P50 to P99, 0.1 ms to 100 s."
      class="wide"
    >
      {told === undefined ? <Skeleton lines={3} /> : <Classes told={told} />}
    </Panel>
  )
}

function Classes({ told }: { told: Overview }): VNode {
  const rows = inClassOrder(
    told.latency.filter((row) => row.count > 0),
    (row) => row.class,
  )
  if (rows.length === 0) {
    return (
      <Empty>
        No picture was asked for in the last five minutes. Open the{' '}
        <a href="/dashboard/playground">playground</a>, or any <code>/live/…</code> address.
      </Empty>
    )
  }
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Durations by cache class">
      <table class="table classes">
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" class="number">
              Requests
            </th>
            <th scope="col" class="number">
              P50
            </th>
            <th scope="col" class="number">
              P95
            </th>
            <th scope="col" class="number">
              P99
            </th>
            <th scope="col" class="track-column">
              <span class="hidden">Band from P50 to P99</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { text, colour, about } = classOf(row.class)
            return (
              <tr key={row.class} data-class={row.class}>
                <th scope="row">
                  <span class="swatch" style={{ background: `var(${colour})` }} />
                  {text} <span class="quiet class-about">{about}</span>
                </th>
                <td class="number">{count(row.count)}</td>
                <td class="number">{duration(row.p50Ms)}</td>
                <td class="number">{duration(row.p95Ms)}</td>
                <td class="number">{duration(row.p99Ms)}</td>
                <td class="track-column">
                  <SpanTrack {...row} colour={colour} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
