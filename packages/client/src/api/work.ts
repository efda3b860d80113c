import type { CallOptions } from './call-options.ts'
import { isSettled } from './call-options.ts'
import type { EventsOptions, WorkEvent } from './events.ts'
import { workEvents } from './events.ts'
import type { Transport } from './transport.ts'

/** What can be asked of generations and of carousels alike. */
export interface Work<T> {
  pathOf(id: string, rest?: string): string
  get(id: string, options?: CallOptions): Promise<T>
  events(id: string, options?: EventsOptions): AsyncGenerator<WorkEvent, void, undefined>
  settled(id: string, options?: CallOptions): Promise<T>
  cancel(id: string, options?: CallOptions): Promise<T>
}

/** @param root `/v1/generations` or `/v1/carousels` */
export function createWork<T extends { status: string }>(transport: Transport, root: string): Work<T> {
  const pathOf: Work<T>['pathOf'] = (id, rest = '') => `${root}/${encodeURIComponent(id)}${rest}`
  const get: Work<T>['get'] = async (id, { signal } = {}) =>
    await transport.json({ method: 'GET', path: pathOf(id), signal, repeatable: true })
  const events: Work<T>['events'] = (id, options = {}) =>
    workEvents(
      transport,
      pathOf(id, '/events'),
      async () => isSettled((await get(id, { signal: options.signal })).status),
      options,
    )
  return {
    pathOf,
    get,
    events,
    settled: async (id, options = {}) => {
      for await (const _ of events(id, options));
      return await get(id, options)
    },
    // Withdrawing twice is withdrawing once, but the second answer would say that it has ended.
    cancel: async (id, { signal } = {}) =>
      await transport.json({ method: 'POST', path: pathOf(id, '/cancel'), signal, repeatable: false }),
  }
}
