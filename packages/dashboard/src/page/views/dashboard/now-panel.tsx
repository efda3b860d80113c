import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { overview, overviewFault } from '../../api/overview.ts'
import type { Overview } from '../../api/shapes.ts'
import { Spark } from '../../charts/spark.tsx'
import { count, duration, rate, share } from '../../format.ts'
import { Figure } from '../../parts/figure.tsx'
import { healthOf } from './health.ts'

/** Samples of the course, one each two seconds: four minutes. */
const maxSamples = 120

/** How the platform is now: one sentence, and five figures. */
export function NowPanel(): VNode {
  const told = overview.value
  const course = useSignal<{ at: string; perMinute: number }[]>([])
  useEffect(() => {
    if (told === undefined || course.peek().at(-1)?.at === told.at) return
    const sample = { at: told.at, perMinute: told.requests.perMinute }
    course.value = [...course.peek(), sample].slice(-maxSamples)
  }, [told])
  if (overviewFault.value !== undefined) return <Unreadable reason={overviewFault.value} />
  if (told === undefined) return <Waiting />
  const health = healthOf(told)
  return (
    <section class={`now ${health.tone}`} aria-label="Now">
      <div class="health">
        {/* Only this is read out, and only when it changes: the figures change every two seconds. */}
        <p class="headline" role="status">
          {health.headline}
        </p>
        <p class="quiet">{health.detail}</p>
      </div>
      <Figures told={told} course={course.value.map(({ perMinute }) => perMinute)} />
    </section>
  )
}

function Figures({ told, course }: { told: Overview; course: readonly number[] }): VNode {
  const { requests, queue, workers } = told
  const busy = workers.filter((worker) => worker.busy > 0).length
  return (
    <dl class="figures">
      <Figure name="Pictures asked for" value={rate(requests.perMinute)} unit="a minute">
        <Spark values={course} />
      </Figure>
      <Figure
        name="Hit share"
        value={share(requests.hitShare)}
        unit={requests.hitShare === null ? 'no pictures' : 'of pictures'}
      >
        {requests.hitShare !== null && (
          <span class="meter" aria-hidden="true">
            <span style={{ width: `${requests.hitShare * 100}%` }} />
          </span>
        )}
      </Figure>
      <Figure
        name="Queue"
        value={count(queue.queued)}
        unit={queue.oldestQueuedMs === null ? 'nobody waits' : `oldest ${duration(queue.oldestQueuedMs)}`}
      >
        <span class="quiet">
          {count(queue.running)} running, {count(queue.speculative)} ahead
        </span>
      </Figure>
      <Figure name="Workers" value={count(workers.length)} unit="running">
        <span class="quiet">{busy === 0 ? 'all idle' : `${busy} at work`}</span>
      </Figure>
      <Figure name="Failures" value={count(queue.failedLastHour)} unit="in the last hour">
        <span class="quiet">{told.failures.length} in five minutes</span>
      </Figure>
    </dl>
  )
}

/** The server answers, but cannot tell: its database is away, for one. */
function Unreadable({ reason }: { reason: string }): VNode {
  return (
    <section class="now trouble" aria-label="Now">
      <div class="health">
        <p class="headline" role="status">
          The present cannot be read
        </p>
        <p class="quiet">{reason}</p>
      </div>
    </section>
  )
}

function Waiting(): VNode {
  return (
    <section class="now" aria-label="Now" aria-busy="true">
      <div class="health">
        <p class="headline quiet">Listening…</p>
      </div>
    </section>
  )
}
