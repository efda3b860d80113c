import type { Overview } from '../../api/shapes.ts'
import { count, duration, share } from '../../format.ts'

/** How the platform is, in one short sentence and one longer one. */
export interface Health {
  tone: 'well' | 'watch' | 'trouble'
  headline: string
  detail: string
}

/** A queue whose oldest ask waits longer than this is worth a look. */
const longWaitMs = 30_000

/** What an operator would conclude from the figures; the worst thing comes first. */
export function healthOf({ requests, queue, workers, failures }: Overview): Health {
  if (workers.length === 0 && queue.queued > 0) {
    return {
      tone: 'trouble',
      headline: 'Nothing works on the queue',
      detail: `${count(queue.queued)} ${queue.queued === 1 ? 'ask waits' : 'asks wait'}, and no worker is running.`,
    }
  }
  if (workers.length === 0) {
    return {
      tone: 'trouble',
      headline: 'No worker is running',
      detail: 'What is stored is served; nothing new can be made.',
    }
  }
  if (failures.length > 0) {
    const codes = [...new Set(failures.map(({ code }) => code))]
    return {
      tone: 'watch',
      headline: 'Some work has failed',
      detail: `${failures.length === 1 ? 'One failure' : `${failures.length} failures`} in the last five minutes: ${codes.slice(0, 3).join(', ')}.`,
    }
  }
  const { oldestQueuedMs } = queue
  if (oldestQueuedMs !== null && oldestQueuedMs > longWaitMs) {
    return {
      tone: 'watch',
      headline: 'The queue is slow',
      detail: `The oldest of ${count(queue.queued)} has waited ${duration(oldestQueuedMs)}.`,
    }
  }
  return { tone: 'well', headline: 'All is well', detail: trafficOf({ requests, queue }) }
}

/** The traffic of five minutes in a sentence that says nothing else than the table of classes and the queue do. */
function trafficOf({ requests, queue }: Pick<Overview, 'requests' | 'queue'>): string {
  const { other = 0, ...pictures } = requests.byClass
  const answered = Object.values(pictures).reduce((sum, each) => sum + each, 0)
  if (answered > 0) {
    const asked = answered === 1 ? 'One picture' : `${count(answered)} pictures`
    return `${asked} asked for in the last five minutes, ${share(requests.hitShare)} of them without new work.`
  }
  const inHand = queue.queued + queue.running
  if (inHand > 0) {
    return `${count(inHand)} ${inHand === 1 ? 'ask is' : 'asks are'} in hand; no picture was answered in the last five minutes.`
  }
  if (other > 0) {
    const asks = other === 1 ? 'One other request was' : `${count(other)} other requests were`
    return `${asks} answered in the last five minutes, and no picture among them.`
  }
  return 'Nobody has asked for a picture in the last five minutes.'
}
