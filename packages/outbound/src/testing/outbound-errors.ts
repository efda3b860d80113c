import { expect } from 'vitest'
import { OutboundError } from '../outbound-error.ts'

/** The error that a promise ends in, which must be ours. */
export async function outboundErrorOf(promise: Promise<unknown>): Promise<OutboundError> {
  const error: unknown = await promise.then(
    () => new Error('it was fulfilled'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof OutboundError)) expect.unreachable(`not an OutboundError: ${String(error)}`)
  return error
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await outboundErrorOf(promise)).code
}
