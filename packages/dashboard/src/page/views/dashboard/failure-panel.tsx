import { useComputed } from '@preact/signals'
import type { VNode } from 'preact'
import { overview } from '../../api/overview.ts'
import { useResource } from '../../api/resource.ts'
import type { Page } from '../../api/shapes.ts'
import { ago, moment } from '../../format.ts'
import { Clamped } from '../../parts/clamped.tsx'
import { Answer, Empty, Panel } from '../../parts/panel.tsx'
import { setFragment } from '../../route.ts'

interface DeadJob {
  id: string
  kind: string
  code: string
  message: string
  failedAt: string
  prompt: string | null
  requests: string[]
}

/** Work that failed and that nothing tries again by itself, with the reason. */
export function FailurePanel(): VNode {
  const told = overview.value
  const url = useComputed(() => '/v1/jobs?limit=10')
  const { loaded, reload } = useResource<Page<DeadJob>>(url, { everyMs: 10_000, figures: true })
  const recent = told?.queue.failedLastHour ?? 0
  return (
    <Panel
      title="Failures"
      about="The last ten that nothing tries again by itself."
      end={recent > 0 ? <span class="count-mark">{recent} in the last hour</span> : undefined}
    >
      <Answer loaded={loaded.value} reload={reload}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>None. Everything that was asked for has been made.</Empty>
          ) : (
            <ul class="failures">
              {items.map((job) => (
                <Failure key={job.id} job={job} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  )
}

function Failure({ job }: { job: DeadJob }): VNode {
  const subject = job.kind === 'carousel' ? job.id : job.requests[0]
  return (
    <li>
      <p class="failure-head">
        <code class="code">{job.code}</code>
        <time class="quiet" dateTime={job.failedAt} title={moment(job.failedAt)}>
          {ago(job.failedAt)}
        </time>
        {subject !== undefined && (
          <button type="button" class="button small quiet-button" onClick={() => setFragment(subject)}>
            What happened<span class="hidden"> to {(job.prompt ?? job.id).slice(0, 60)}</span>
          </button>
        )}
      </p>
      <Clamped text={job.message} />
      {job.prompt !== null && (
        <div class="quiet">
          <Clamped text={job.prompt} />
        </div>
      )}
    </li>
  )
}
