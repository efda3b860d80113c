import { useComputed, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Scaling, ScalingMinute } from '../../api/shapes.ts'
import { moment, workers } from '../../format.ts'
import { Choice } from '../../parts/choice.tsx'
import { Answer, Empty } from '../../parts/panel.tsx'
import { forecastMinutes, forecastRecord, sideOf } from './forecast-record.ts'
import { ForecastVerdict } from './forecast-verdict.tsx'
import { lazyChart } from './lazy-chart.tsx'
import { ScalingTable } from './scaling-table.tsx'

type Time = '1h' | '24h'

const times = [
  { value: '1h', text: '1 hour' },
  { value: '24h', text: '24 hours' },
] as const

const minuteMs = 60_000
const hourMinutes = 60

/** The course of a day by the minute: workers, and the load beside what had been forecast of it. */
export function ScalingCourse({ now }: { now: Scaling | undefined }): VNode {
  const url = useComputed(() => '/v1/scaling')
  const { loaded, reload } = useResource<Scaling>(url, { everyMs: 60_000, figures: true })
  const chosen = useSignal<Time | undefined>(undefined)
  const known = loaded.value.state === 'ready' ? loaded.value.data.history.length : 0
  // A server that has just begun has no day to show.
  const time = chosen.value ?? (known <= hourMinutes ? '1h' : '24h')
  return (
    <section class="course" aria-label="The course of it">
      <div class="panel-head">
        <h3>By the minute</h3>
        <Choice label="Time" options={times} value={time} choose={(to) => (chosen.value = to)} />
      </div>
      <Answer loaded={loaded.value} reload={reload} lines={8}>
        {({ history, expected, withoutForecast }) => (
          <Course
            history={time === '1h' ? history.slice(-hourMinutes) : history}
            now={now ?? { expected, withoutForecast, desiredWorkers: 0 }}
          />
        )}
      </Answer>
    </section>
  )
}

const WorkersChart = lazyChart()
const ForecastChart = lazyChart()

function Course(props: {
  history: readonly ScalingMinute[]
  now: Pick<Scaling, 'expected' | 'withoutForecast' | 'desiredWorkers'>
}): VNode {
  const { history, now } = props
  const [first] = history
  if (first === undefined) return <Empty>No minute has been kept yet: the first one will be soon.</Empty>
  const record = forecastRecord(history)
  const grid = gridOf(history)
  const column = (of: (minute: ScalingMinute) => number | null): (number | null)[] =>
    grid.map(({ minute }) => (minute === undefined ? null : of(minute)))
  const left = new Set(
    forecastMinutes(history).flatMap((each) => (sideOf(each) === undefined ? [] : [each.atMs])),
  )
  const timesS = grid.map(({ atMs }) => atMs / 1000)
  return (
    <>
      {history.length < hourMinutes && (
        <p class="quiet">
          {history.length === 1 ? 'One minute is' : `${history.length} minutes are`} known so far, since{' '}
          {moment(first.at)}.
        </p>
      )}
      <div class="pair">
        <figure>
          <figcaption>Workers</figcaption>
          <WorkersChart
            timesS={timesS}
            scale="workers"
            together="scaling"
            lines={[
              {
                label: 'Busy',
                colour: '--busy',
                shape: 'step',
                filled: true,
                values: column(({ busy }) => busy),
              },
              {
                label: 'Starting',
                colour: '--class-ahead',
                shape: 'step',
                values: column(({ starting }) => starting),
              },
              { label: 'Warm', colour: '--class-hit', shape: 'step', values: column(({ warm }) => warm) },
              {
                label: 'Wanted',
                colour: '--ink',
                shape: 'step',
                dashed: true,
                values: column(({ desired }) => desired),
              },
            ]}
            label="Workers that were wanted, warm, busy and starting, by the minute. The table below has all figures."
          />
        </figure>
        <figure>
          <figcaption>Work that came, and the forecast of it, in busy workers</figcaption>
          <ForecastChart
            timesS={timesS}
            scale="workers"
            together="scaling"
            lines={[
              {
                label: 'Forecast',
                colour: '--forecast',
                values: column(({ forecast }) => forecast),
                band: {
                  low: column(({ forecastLow }) => forecastLow),
                  high: column(({ forecastHigh }) => forecastHigh),
                },
              },
              { label: 'Came', colour: '--ink', values: column(({ load }) => load) },
              {
                label: 'Outside of the band',
                colour: '--trouble',
                shape: 'dots',
                values: column(({ at, load }) => (left.has(Date.parse(at)) ? load : null)),
              },
            ]}
            label={labelOf(record)}
          />
        </figure>
      </div>
      <ForecastVerdict record={record} now={now} />
      <ScalingTable history={history} left={left} />
    </>
  )
}

function labelOf(record: ReturnType<typeof forecastRecord>): string {
  const words = 'The work that came and the forecast of it, in busy workers, by the minute'
  if (record === undefined) return `${words}. The table below has all figures.`
  const { minutes, inside, meanError } = record
  return `${words}: in ${minutes - inside} of ${minutes} minutes the work left the forecast's band, and the mean error is ${workers(meanError)}. The table below has all figures.`
}

/** Every minute from the first to the last, those without a decision too: a gap is no line. */
function gridOf(history: readonly ScalingMinute[]): { atMs: number; minute: ScalingMinute | undefined }[] {
  const byTime = new Map(history.map((minute) => [Date.parse(minute.at), minute]))
  const all = [...byTime.keys()]
  const firstMs = all[0] ?? 0
  const lastMs = all.at(-1) ?? 0
  return Array.from({ length: Math.round((lastMs - firstMs) / minuteMs) + 1 }, (_, index) => {
    const atMs = firstMs + index * minuteMs
    return { atMs, minute: byTime.get(atMs) }
  })
}
