import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { useResource } from '../../api/resource.ts'
import type { Scaling } from '../../api/shapes.ts'
import { count } from '../../format.ts'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'

/** How many workers there should be, and which reason counts most. */
export function ScalingPanel(): VNode {
  const url = useComputed(() => '/v1/scaling')
  const { loaded, reload } = useResource<Scaling>(url, { everyMs: 10_000, figures: true })
  return (
    <Panel title="Scaling" about="How many workers each model should have, and why.">
      <Answer
        loaded={loaded.value}
        reload={reload}
        notBuilt="Nothing scales the workers here: there are as many as you start."
      >
        {(data) => <Wanted data={data} />}
      </Answer>
    </Panel>
  )
}

function Wanted({ data }: { data: Scaling }): VNode {
  if (data.models.length === 0) return <Empty>No model is in use.</Empty>
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Scaling">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" class="number">
              Wanted
            </th>
            <th scope="col" class="number">
              Warm
            </th>
            <th scope="col" class="number">
              Busy
            </th>
            <th scope="col" class="number">
              Queued
            </th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {data.models.map((model) => (
            <tr key={model.model}>
              <th scope="row">
                <bdi>{model.model}</bdi>
              </th>
              <td class="number">{count(model.desired)}</td>
              <td class="number">{count(model.warm)}</td>
              <td class="number">{count(model.busy)}</td>
              <td class="number">{count(model.queued)}</td>
              <td class="because">
                <span class="how">{model.chosen}</span> <bdi class="quiet">{model.why}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
