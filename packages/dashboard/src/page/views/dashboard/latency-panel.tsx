import type { ReadonlySignal } from '@preact/signals'
import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import type { VNode } from 'preact'
import { lazyChart } from './lazy-chart.tsx'
import { useResource } from '../../api/resource.ts'
import type { Latency, Marker } from '../../api/shapes.ts'
import { classOf, inClassOrder } from '../../charts/class-colours.ts'
import { count, duration, moment } from '../../format.ts'
import { Choice } from '../../parts/choice.tsx'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'
import { Markers } from './markers.tsx'

type Percentile = 'p50Ms' | 'p95Ms' | 'p99Ms'
type Window = '1h' | '6h' | '24h' | '7d'

const percentiles = [
  { value: 'p50Ms', text: 'P50' },
  { value: 'p95Ms', text: 'P95' },
  { value: 'p99Ms', text: 'P99' },
] as const

const windows = [
  { value: '1h', text: '1 hour' },
  { value: '6h', text: '6 hours' },
  { value: '24h', text: '24 hours' },
  { value: '7d', text: '7 days' },
] as const

/** Minutes of an hour, five minutes of six, hours of a day and of a week. */
const points: Readonly<Record<Window, number>> = { '1h': 60, '6h': 72, '24h': 24, '7d': 168 }

/** How long answers took over time, a line for each class of the cache, with the markers of what was changed. */
export function LatencyPanel(): VNode {
  const percentile = useSignal<Percentile>('p95Ms')
  const window = useSignal<Window>('24h')
  const isChosen = useSignal(false)
  const url = useComputed(() => `/v1/latency?window=${window.value}&by=class&points=${points[window.value]}`)
  const { loaded, reload } = useResource<Latency>(url, { everyMs: 15_000, figures: true })
  useSignalEffect(() => {
    // A server that has just begun has no day to show: one dot at its end says nothing.
    if (!isChosen.value && loaded.value.state === 'ready' && isYoung(loaded.value.data)) window.value = '1h'
  })
  const markersUrl = useComputed(() => `/v1/markers?window=${window.value}`)
  const markers = useResource<{ markers: Marker[] }>(markersUrl, { everyMs: 30_000, figures: true })
  const known = markers.loaded.value.state === 'ready' ? inTime(markers.loaded.value.data.markers) : []
  return (
    <Panel
      title="Latency"
      about="The time until an answer begins, by cache class; the scale is logarithmic."
      class="wide"
      end={
        <>
          <Choice
            label="Percentile"
            options={percentiles}
            value={percentile.value}
            choose={(to) => (percentile.value = to)}
          />
          <Choice
            label="Time"
            options={windows}
            value={window.value}
            choose={(to) => {
              isChosen.value = true
              window.value = to
            }}
          />
        </>
      }
    >
      <Answer loaded={loaded.value} reload={reload} lines={8}>
        {(data) => <Graph data={data} percentile={percentile} markers={known} />}
      </Answer>
      {markers.loaded.value.state === 'ready' && <Markers markers={known} changed={markers.reload} />}
    </Panel>
  )
}

const hourMs = 3_600_000

/** Whether nothing was measured before the last hour. */
function isYoung(data: Latency): boolean {
  const firstMs = firstMeasuredMs(data)
  return firstMs !== undefined && Date.parse(data.to) - firstMs < hourMs
}

function firstMeasuredMs({ groups }: Pick<Latency, 'groups'>): number | undefined {
  const times = groups.flatMap(({ series }) => series.map(({ at }) => Date.parse(at))).filter(Number.isFinite)
  return times.length === 0 ? undefined : times.reduce((one, other) => Math.min(one, other))
}

function inTime(markers: readonly Marker[]): Marker[] {
  return markers.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
}

/**
 * Every bucket of the time asked for, those without a request too: a gap is no line. From a little before the first
 * that has one: a server that is an hour old has no day to show.
 */
function timesOf({ from, to, bucketMs }: Latency, groups: Latency['groups']): number[] {
  const times = new Set(groups.flatMap(({ series }) => series.map(({ at }) => Date.parse(at) / 1000)))
  const buckets = (Date.parse(to) - Date.parse(from)) / bucketMs
  const areAligned = [...times].every((atS) => (atS * 1000) % bucketMs === 0)
  if (areAligned && buckets < 1000) {
    const beginMs = Math.ceil(Date.parse(from) / bucketMs) * bucketMs
    const firstMs = Math.max(beginMs, (firstMeasuredMs({ groups }) ?? 0) - 2 * bucketMs)
    for (let atMs = firstMs; atMs <= Date.parse(to); atMs += bucketMs) times.add(atMs / 1000)
  }
  return [...times].filter(Number.isFinite).toSorted((one, other) => one - other)
}

const Chart = lazyChart()

function Graph(props: {
  data: Latency
  percentile: ReadonlySignal<Percentile>
  markers: readonly Marker[]
}): VNode {
  const { data, markers } = props
  const percentile = props.percentile.value
  const groups = inClassOrder(
    data.groups.filter((group) => group.count > 0),
    (group) => group.name,
  )
  if (groups.length === 0) return <Empty>Nothing was asked for in this time.</Empty>
  const times = timesOf(data, groups)
  const lines = groups.map((group) => {
    const byTime = new Map(group.series.map((point) => [Date.parse(point.at) / 1000, point]))
    const { text, colour } = classOf(group.name)
    return {
      label: text,
      colour,
      values: times.map((time) => {
        const point = byTime.get(time)
        return point === undefined || point.count === 0 ? null : Math.max(0.001, point[percentile] ?? 0.001)
      }),
    }
  })
  const name = percentiles.find(({ value }) => value === percentile)?.text ?? ''
  const words = groups.map((group) => `${classOf(group.name).text} ${duration(group[percentile])}`)
  return (
    <>
      <Chart
        timesS={times}
        lines={lines}
        scale="durations"
        markers={markers.map(({ at, text }) => ({ atS: Date.parse(at) / 1000, text }))}
        label={`${name} over time. In the whole time: ${words.join(', ')}. The table below has all figures.`}
      />
      <details class="as-table">
        <summary>As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label="Latency over time">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                {groups.map(({ name: group }) => (
                  <th scope="col" key={group} class="number">
                    {classOf(group).text}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">All, {name}</th>
                {groups.map((group) => (
                  <td key={group.name} class="number">
                    {duration(group[percentile])} <span class="quiet">of {count(group.count)}</span>
                  </td>
                ))}
              </tr>
              {times.map((time, index) =>
                lines.every(({ values }) => values[index] === null) ? null : (
                  <tr key={time}>
                    <th scope="row">{moment(time * 1000)}</th>
                    {lines.map(({ label, values }) => (
                      <td key={label} class="number">
                        {duration(values[index])}
                      </td>
                    ))}
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </div>
      </details>
    </>
  )
}
