import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Predictions } from '../../api/shapes.ts'
import { ago, count, dollars, duration, moment, share } from '../../format.ts'
import { Clamped } from '../../parts/clamped.tsx'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'

const maxRows = 12

/** What was made, or will be, before anybody asked for it, and whether somebody then did. */
export function PredictionPanel(): VNode {
  const url = useComputed(() => '/v1/predictions')
  const { loaded, reload } = useResource<Predictions>(url, { everyMs: 15_000 })
  return (
    <Panel title="Predictions" about="Made ahead of time, and what became of it.">
      <Answer
        loaded={loaded.value}
        reload={reload}
        notBuilt="Prediction is not switched on: nothing is made before it is asked for."
      >
        {(data) => <Predicted data={data} />}
      </Answer>
    </Panel>
  )
}

function Predicted({ data: { summary, predictions } }: { data: Predictions }): VNode {
  const figures = figuresOf(summary)
  return (
    <>
      {figures.length > 0 && (
        <dl class="facts">
          {figures.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {predictions.length === 0 ? (
        <Empty>Nothing has been predicted yet: it needs asks that come again.</Empty>
      ) : (
        <ul class="failures">
          {predictions.slice(0, maxRows).map((each) => (
            <li key={each.id}>
              <p class="failure-head">
                <span class={`how ${each.status}`}>{each.status}</span>
                <bdi>{each.scope}</bdi>
                <time class="quiet" dateTime={each.plannedAt} title={moment(each.plannedAt)}>
                  {ago(each.plannedAt)}
                </time>
                {typeof each.savedMs === 'number' && each.savedMs > 0 && (
                  <span class="quiet">saved {duration(each.savedMs)}</span>
                )}
              </p>
              <Clamped text={each.reason} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** What became of predictions, in figures; none before the first: a row of zeros says nothing. */
function figuresOf({ byStatus, precision, costUsd, saved }: Predictions['summary']): [string, string][] {
  const statuses = Object.entries(byStatus).filter(([, times]) => times > 0)
  if (statuses.length === 0) return []
  return [
    ...statuses.map(([status, times]): [string, string] => [status, count(times)]),
    ...(precision === null ? [] : ([['right', share(precision)]] as [string, string][])),
    ...(saved.p50Ms === null ? [] : ([['wait saved, P50', duration(saved.p50Ms)]] as [string, string][])),
    ['cost', dollars(costUsd)],
  ]
}
