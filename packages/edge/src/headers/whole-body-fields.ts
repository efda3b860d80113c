import type { HeaderList } from './header-list.ts'
import { headerOf, withoutFields } from './header-list.ts'

/** With what a whole stored body makes true: its length, and that parts of it can be had. */
export function complete(headers: HeaderList, status: number, lengthBytes: number): HeaderList {
  if (status !== 200) return headers
  const rest = withoutFields(headers, ['content-length', 'accept-ranges'])
  return [...rest, ['accept-ranges', 'bytes'], ['content-length', String(lengthBytes)]]
}

/** The announced length, where it is one number and the body is sent as it is. */
export function contentLengthOf(headers: HeaderList): number | undefined {
  const value = headerOf(headers, 'content-length')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
