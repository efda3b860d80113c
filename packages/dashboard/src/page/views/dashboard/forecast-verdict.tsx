import type { ComponentChildren, VNode } from 'preact'
import type { Scaling } from '../../api/shapes.ts'
import { count, moment, share, workers } from '../../format.ts'
import type { ForecastRecord, Miss } from './forecast-record.ts'

/** Of the longest misses, as many as are named. */
const maxMisses = 4

/** Whether the forecast is used, how often it was right, and what it got wrong most. */
export function ForecastVerdict(props: {
  record: ForecastRecord | undefined
  now: Pick<Scaling, 'expected' | 'withoutForecast' | 'desiredWorkers'>
}): VNode {
  const { record, now } = props
  return (
    <div class="verdict-of-forecast">
      <h3>The forecast</h3>
      <p>{useOf(now)}</p>
      {record === undefined ? (
        <p class="quiet">
          It cannot be judged yet: no minute with work, or with work expected, had a forecast in this time.
        </p>
      ) : (
        <Judged record={record} />
      )}
    </div>
  )
}

function useOf({
  expected,
  withoutForecast,
  desiredWorkers,
}: Parameters<typeof ForecastVerdict>[0]['now']): string {
  if (expected === null) return 'Nothing is forecast yet.'
  const error = `its error is ${share(expected.error)} of the load`
  const then = `For ${moment(expected.for)} it expects ${workers(expected.mean)} busy workers (${workers(expected.low)} to ${workers(expected.high)}).`
  if (!expected.trusted) return `It is not used at present: ${error}. ${then}`
  const without =
    withoutForecast === null
      ? ''
      : withoutForecast === desiredWorkers
        ? ' Without it as many would be wanted.'
        : ` Without it ${count(withoutForecast)} would be wanted.`
  return `It is used (${expected.method}): ${error}. ${then}${without}`
}

function Judged({ record }: { record: ForecastRecord }): VNode {
  const { minutes, inside, meanError, meanLoad, misses } = record
  const worst = misses.toSorted((one, other) => other.minutes - one.minutes).slice(0, maxMisses)
  return (
    <>
      <dl class="facts forecast-facts">
        <Fact name="In the band">
          {share(inside / minutes)} of the time <span class="quiet">nine of ten are meant</span>
        </Fact>
        <Fact name="Outside of it">
          {count(minutes - inside)} <span class="quiet">of {count(minutes)} minutes with work</span>
        </Fact>
        <Fact name="Mean error">
          {workers(meanError)}{' '}
          <span class="quiet">
            {meanLoad > 0 && `${share(meanError / meanLoad)} of a mean load of ${workers(meanLoad)}`}
          </span>
        </Fact>
      </dl>
      {worst.length > 0 && (
        <>
          <p class="quiet">What it got wrong for longest:</p>
          <ul class="misses">
            {worst.map((miss) => (
              <li key={miss.fromMs}>{wordsOf(miss)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function wordsOf({ fromMs, minutes, side, expected, came }: Miss): string {
  return `${moment(fromMs)}, for ${minutes} min: ${workers(came)} came where ${workers(expected)} was expected, ${side} than the band`
}
