import type { Outbound } from '@darkroom/outbound'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { webhookHeaders } from '../webhooks/signature.ts'
import type { ScalingAnswer } from './scaling-answer.ts'

/** Tells a GPU cloud how many workers are wanted. */
export interface ScalingWebhook {
  /** Sends what is new, if the last message is long enough ago; never rejects. */
  tell(answer: ScalingAnswer, signal: AbortSignal): Promise<void>
}

/** The least time between two messages, and the longest: a receiver that has missed one is told again. */
const restMs = 30_000
const repeatMs = 300_000

/**
 * One message at a time. What changes while the receiver rests is told in one message afterwards; what it did not take
 * is told again, in its newest form.
 */
export function createScalingWebhook(options: {
  url: string
  outbound: Pick<Outbound, 'send'>
  secrets(): Promise<readonly string[]>
  now: () => number
  log: Logger
}): ScalingWebhook {
  const { url, outbound, now, log } = options
  let triedAtMs = -Infinity
  let told: string | undefined

  async function send(answer: ScalingAnswer, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({
      type: 'scaling.desired',
      timestamp: answer.decidedAt,
      data: {
        desiredWorkers: answer.desiredWorkers,
        models: answer.models.map(({ model, desired }) => ({ model, desired })),
        chosen: answer.chosen,
        why: answer.why,
      },
    })
    const message = {
      id: `msg_${randomUUID().replaceAll('-', '')}`,
      timestampS: Math.floor(now() / 1000),
      body,
    }
    const { status } = await outbound.send(url, {
      body,
      headers: webhookHeaders(message, await options.secrets()),
      domain: 'default',
      signal,
    })
    if (status < 200 || status >= 300) throw new Error(`the receiver answered ${status}`)
  }
  return {
    tell: async (answer, signal) => {
      const wanted = JSON.stringify([
        answer.desiredWorkers,
        answer.models.map(({ model, desired }) => [model, desired]),
      ])
      const sinceMs = now() - triedAtMs
      if (sinceMs < (wanted === told ? repeatMs : restMs)) return
      triedAtMs = now()
      try {
        await send(answer, signal)
        told = wanted
      } catch (error) {
        told = undefined
        if (!signal.aborted)
          log.warn({ err: error, url }, 'the webhook of scaling was not taken; it is tried again')
      }
    },
  }
}
