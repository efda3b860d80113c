import type { Deliverer, DelivererOptions } from '../webhooks/deliverer.ts'
import { startDeliverer } from '../webhooks/deliverer.ts'
import type { SweeperOptions } from './sweeper.ts'
import { startSweeper } from './sweeper.ts'

/** Starts sending webhooks, beside other processes; what dead ones were sending is freed first. */
export async function startWebhookWorker(
  options: Omit<DelivererOptions, 'mayTake'> & Omit<SweeperOptions, 'records'>,
): Promise<Pick<Deliverer, 'stop'>> {
  const { deliveries, lock } = options
  let deliverer: Deliverer | undefined
  const sweeper = await startSweeper({
    ...options,
    records: {
      name: 'webhooks',
      holders: () => deliveries.holders(),
      recover: (workerId) => deliveries.recover(workerId),
      cleanUp: async () => {
        await deliveries.deleteOld()
        return await deliveries.recoverOwn((id) => deliverer?.isSending(id) ?? false)
      },
    },
  })
  const started = startDeliverer({
    ...options,
    // Without its lock this process is dead for the others: what it took now they would take from it, and send again.
    mayTake: () => lock.held,
    onDue: (wake) => {
      const forget = [options.onDue(wake), lock.onRestored(wake)]
      return () => {
        for (const each of forget) each()
      }
    },
  })
  deliverer = started
  return {
    stop: async () => {
      sweeper.stop()
      await started.stop()
    },
  }
}
