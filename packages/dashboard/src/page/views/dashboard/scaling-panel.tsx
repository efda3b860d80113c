import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { serverNow } from '../../api/clock.ts'
import { useResource } from '../../api/resource.ts'
import type { Scaling } from '../../api/shapes.ts'
import { ago, count, dollars } from '../../format.ts'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'
import { Figure } from '../../parts/figure.tsx'
import { ScalingCourse } from './scaling-course.tsx'

/** A process that decides does so every few seconds; after this long without, none is there. */
const decidesWithinMs = 60_000

/** How many workers there should be and are, why, and what the forecast expected and got wrong. */
export function ScalingPanel(): VNode {
  const url = useComputed(() => '/v1/scaling?history=0')
  const { loaded, reload } = useResource<Scaling>(url, { everyMs: 5000, figures: true })
  const decided = useComputed(() => loaded.value.state === 'ready' && loaded.value.data.decidedAt !== null)
  return (
    <Panel title="Scaling" about="How many workers there should be and are, and why." class="wide">
      <Answer
        loaded={loaded.value}
        reload={reload}
        notBuilt="Nothing scales the workers here: there are as many as you start."
      >
        {(data) => (data.decidedAt === null ? <Undecided data={data} /> : <Pool data={data} />)}
      </Answer>
      {decided.value && (
        <ScalingCourse now={loaded.value.state === 'ready' ? loaded.value.data : undefined} />
      )}
    </Panel>
  )
}

function Undecided({ data: { desiredWorkers } }: { data: Scaling }): VNode {
  return (
    <Empty>
      Nothing has been decided yet: a gateway does so within seconds of its start. Until then the floor is
      wanted: {workersOf(desiredWorkers)}.
    </Empty>
  )
}

function Pool({ data }: { data: Scaling }): VNode {
  const { decidedAt, chosen, why } = data
  return (
    <>
      <Figures data={data} />
      <p class="decided">
        <strong>
          {workersOf(data.desiredWorkers)} {data.desiredWorkers === 1 ? 'is' : 'are'} wanted
        </strong>{' '}
        <span class="how">{chosen}</span> <bdi>{why}.</bdi>
      </p>
      {decidedAt !== null && serverNow() - Date.parse(decidedAt) > decidesWithinMs && (
        <p class="warning">
          This was decided {ago(decidedAt)}. No process decides at present: is a gateway running?
        </p>
      )}
      {data.models.length === 0 ? (
        <p class="quiet">No model is in use yet.</p>
      ) : (
        <Models models={data.models} />
      )}
    </>
  )
}

function Figures({ data }: { data: Scaling }): VNode {
  const { desiredWorkers, starting, warm, busy, queued, usdPerWorkerHour } = data
  return (
    <dl class="figures pool">
      <Figure
        name="Wanted"
        value={count(desiredWorkers)}
        unit={desiredWorkers === 1 ? 'worker' : 'workers'}
      />
      <Figure name="Starting" value={count(starting)} unit="on their way" />
      <Figure name="Warm" value={count(warm)} unit="ready to draw" />
      <Figure name="Busy" value={count(busy)} unit={`of ${count(warm)} warm`} />
      <Figure name="Queued" value={count(queued)} unit={queued === 1 ? 'picture waits' : 'pictures wait'} />
      {usdPerWorkerHour !== null && (
        <Figure
          name="Cost"
          value={dollars((starting + warm) * usdPerWorkerHour)}
          unit={`an hour, ${dollars(usdPerWorkerHour)} each`}
        />
      )}
    </dl>
  )
}

function workersOf(number: number): string {
  return `${count(number)} ${number === 1 ? 'worker' : 'workers'}`
}

function Models({ models }: { models: Scaling['models'] }): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Workers by model">
      <table class="table models">
        <thead>
          <tr>
            <th scope="col">Model</th>
            {['Wanted', 'Starting', 'Warm', 'Busy', 'Queued'].map((name) => (
              <th scope="col" key={name} class="number">
                {name}
              </th>
            ))}
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <tr key={model.model} data-model={model.model}>
              <th scope="row">
                <bdi>{model.model}</bdi>
              </th>
              <td class="number">{count(model.desired)}</td>
              <td class="number">{count(model.starting)}</td>
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
