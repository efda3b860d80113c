import { useComputed, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Latency, LatencyGroup } from '../../api/shapes.ts'
import { count, duration, share } from '../../format.ts'
import { Choice } from '../../parts/choice.tsx'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'

type Class = 'all' | 'hit' | 'miss'

const choices = [
  { value: 'all', text: 'All' },
  { value: 'hit', text: 'Hits' },
  { value: 'miss', text: 'Misses' },
] as const

/** What each stage does, by the names that the API gives them. */
const abouts: Readonly<Record<string, string>> = {
  key: 'reading the ask, its key',
  edge: 'the shared cache',
  access: 'who may ask',
  queue: 'waiting for a worker',
  warm: 'loading the model',
  generate: 'making the picture',
  encode: 'format and width',
  store: 'writing it down',
  told: 'until it is heard of',
}

/** Where the time of a day went: all of it, by stage. */
export function StagePanel(): VNode {
  const chosen = useSignal<Class>('all')
  const url = useComputed(
    () => `/v1/latency?window=24h&by=stage&points=1${chosen.value === 'all' ? '' : `&class=${chosen.value}`}`,
  )
  const { loaded, reload } = useResource<Latency>(url, { everyMs: 30_000, figures: true })
  return (
    <Panel
      title="Where the time goes"
      about="All time of the last 24 hours, by stage."
      end={
        <Choice
          label="Requests"
          options={choices}
          value={chosen.value}
          choose={(to) => (chosen.value = to)}
        />
      }
    >
      <Answer loaded={loaded.value} reload={reload} lines={6}>
        {(data) => <Stages data={data} />}
      </Answer>
    </Panel>
  )
}

function Stages({ data }: { data: Latency }): VNode {
  const stages = data.groups.filter(({ name, count: times }) => name !== 'total' && times > 0)
  if (stages.length === 0) return <Empty>Nothing was measured in this time.</Empty>
  const all = stages.reduce((sum, stage) => sum + spentMs(stage), 0)
  const most = Math.max(...stages.map(spentMs))
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Stages">
      <table class="table stages">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Share</th>
            <th scope="col" class="number">
              P50
            </th>
            <th scope="col" class="number">
              P95
            </th>
            <th scope="col" class="number">
              P99
            </th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <tr key={stage.name} title={`${count(stage.count)} times`}>
              <th scope="row">
                {stage.name} <span class="quiet stage-about">{abouts[stage.name]}</span>
              </th>
              <td class="share">
                <span class="bar-cell">
                  <span
                    class="fill"
                    style={{ width: `${most === 0 ? 0 : (spentMs(stage) / most) * 100}%` }}
                  />
                </span>
                <span class="share-text">{share(all === 0 ? 0 : spentMs(stage) / all)}</span>
              </td>
              <td class="number">{duration(stage.p50Ms)}</td>
              <td class="number">{duration(stage.p95Ms)}</td>
              <td class="number">{duration(stage.p99Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function spentMs({ meanMs, count: times }: LatencyGroup): number {
  return (meanMs ?? 0) * times
}
