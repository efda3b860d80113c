import { expect, it } from 'vitest'
import { ApiError } from './api-error.ts'
import { workEvents } from './events.ts'
import type { Call, Transport } from './transport.ts'

/** A transport whose streams are given one after the other, and what each was asked behind. */
function streams(texts: (string | Error)[]): { transport: Transport; askedBehind: (string | undefined)[] } {
  const askedBehind: (string | undefined)[] = []
  const send = async ({ headers }: Call): Promise<Response> => {
    askedBehind.push(headers?.['last-event-id'])
    const text = texts[askedBehind.length - 1]
    if (text instanceof Error) throw text
    return await Promise.resolve(new Response(text ?? ''))
  }
  return { transport: { send, json: async () => await Promise.reject(new Error('not asked')) }, askedBehind }
}

function event(id: number, type: string): string {
  return `id: ${id}\nevent: ${type}\ndata: {"at":"2026-11-21T12:00:00.000Z","image":0}\n\n`
}

it('a stream that breaks goes on where it broke; a comment and half an event are no events', async () => {
  const { transport, askedBehind } = streams([
    `${event(1, 'queued')}: still here\n\n${event(2, 'started')}id: 3\nevent: pro`,
    new ApiError('gone', { status: 0, code: 'network' }),
    event(3, 'stored'),
  ])
  let asked = 0
  const isOver = async (): Promise<boolean> => await Promise.resolve(++asked > 1)
  const types = []
  for await (const each of workEvents(transport, '/v1/x/events', isOver, {}))
    types.push(`${each.id} ${each.type}`)
  expect(types).toEqual(['1 queued', '2 started', '3 stored'])
  expect(askedBehind).toEqual([undefined, '2', '2'])
})

it('a refusal ends it', async () => {
  const { transport, askedBehind } = streams([new ApiError('no', { status: 404, code: 'not_found' })])
  const events = workEvents(transport, '/v1/x/events', async () => await Promise.resolve(true), {})
  await expect(events.next()).rejects.toMatchObject({ code: 'not_found' })
  expect(askedBehind).toHaveLength(1)
})
