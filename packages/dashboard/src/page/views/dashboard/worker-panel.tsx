import type { VNode } from 'preact'
import { overview } from '../../api/overview.ts'
import { ago, moment } from '../../format.ts'
import { Empty, Panel, Skeleton } from '../../parts/panel.tsx'

/** The processes that make pictures, and what they are at. */
export function WorkerPanel(): VNode {
  const told = overview.value
  return (
    <Panel title="Workers" about="Processes that make pictures." class="wide">
      {told === undefined ? (
        <Skeleton lines={2} />
      ) : told.workers.length === 0 ? (
        <Empty>
          None is running. <code>darkroom start --role worker</code> starts one.
        </Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Workers">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">State</th>
                <th scope="col">Models</th>
                <th scope="col" class="number">
                  At work on
                </th>
                <th scope="col">Since</th>
              </tr>
            </thead>
            <tbody>
              {told.workers.map((worker) => (
                <tr key={worker.id}>
                  <th scope="row">
                    <bdi>{worker.id}</bdi>
                  </th>
                  <td>
                    <span class={`state ${worker.state}`}>{worker.state}</span>
                  </td>
                  <td>
                    <bdi>{worker.models.join(', ') || '–'}</bdi>
                  </td>
                  <td class="number">{worker.busy}</td>
                  <td>
                    <time dateTime={worker.since} title={moment(worker.since)}>
                      {ago(worker.since)}
                    </time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
