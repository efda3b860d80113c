import type { VNode } from 'preact'
import { useSignal } from '@preact/signals'
import type { ScalingMinute } from '../../api/shapes.ts'
import { moment, none, workers } from '../../format.ts'

/** The minutes of the charts, newest first. It is made when it is opened: a day has 1,440 rows. */
export function ScalingTable(props: {
  history: readonly ScalingMinute[]
  /** When the load left the band, in milliseconds since 1970. */
  left: ReadonlySet<number>
}): VNode {
  const open = useSignal(false)
  return (
    <details class="as-table" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>As a table</summary>
      {open.value && <Minutes {...props} />}
    </details>
  )
}

function Minutes({ history, left }: { history: readonly ScalingMinute[]; left: ReadonlySet<number> }): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Workers and forecast over time">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {['Wanted', 'Starting', 'Warm', 'Busy', 'Came', 'Forecast', 'Band'].map((name) => (
              <th scope="col" key={name} class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {history.toReversed().map((minute) => (
            <tr key={minute.at}>
              <th scope="row">{moment(minute.at)}</th>
              <td class="number">{workers(minute.desired)}</td>
              <td class="number">{workers(minute.starting)}</td>
              <td class="number">{workers(minute.warm)}</td>
              <td class="number">{workers(minute.busy)}</td>
              <td class="number">
                {workers(minute.load)}
                {left.has(Date.parse(minute.at)) && <span class="fault"> outside</span>}
              </td>
              <td class="number">{workers(minute.forecast)}</td>
              <td class="number">
                {minute.forecastLow === null
                  ? none
                  : `${workers(minute.forecastLow)} to ${workers(minute.forecastHigh)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
