import type { Deliverer, DelivererOptions } from '../webhooks/deliverer.ts'
import { startDeliverer } from '../webhooks/deliverer.ts'
import type { SweeperOptions } from './sweeper.ts'
import { startSweeper } from './sweeper.ts'

/** Starts sending webhooks, beside other processes; what dead ones were sending is freed first. */
export async function startWebhookWorker(
  options: DelivererOptions & Omit<SweeperOptions, 'records'>,
): Promise<Pick<Deliverer, 'stop'>> {
  const { deliveries } = options
  let deliverer: Deliverer | undefined
  const sweeper = await startSweeper({
    ...options,
    records: {
      name: 'webhooks',
      holders: () => deliveries.holders(),
      recover: (workerId) => deliveries.recover(workerId),
      cleanUp: async () => {
        await deliveries.deleteOld()
        return await deliveries.recoverOwn(deliverer?.sending() ?? [])
      },
    },
  })
  const started = startDeliverer(options)
  deliverer = started
  return {
    stop: async () => {
      sweeper.stop()
      await started.stop()
    },
  }
}
