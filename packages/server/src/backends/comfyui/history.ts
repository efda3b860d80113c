import { isRecord } from '../wire/answer-error.ts'
import type { SavedPicture } from './server-messages.ts'
import { savedPictures } from './server-messages.ts'

/** What `/history/{id}` says of a job. */
export type HistoryEntry =
  | { state: 'absent' }
  | { state: 'succeeded'; pictures: ReadonlyMap<string, readonly SavedPicture[]> }
  | { state: 'interrupted' }
  | { state: 'failed'; fault: Record<string, unknown> }

/** Reads the answer of `/history/{id}`. */
export function historyEntryOf(body: unknown, promptId: string): HistoryEntry {
  const entry = isRecord(body) ? body[promptId] : undefined
  if (!isRecord(entry)) return { state: 'absent' }
  const status = isRecord(entry['status']) ? entry['status'] : {}
  const messages = new Map<unknown, unknown>(
    Array.isArray(status['messages'])
      ? status['messages'].filter(Array.isArray).map(([name, data]) => [name, data])
      : [],
  )
  if (messages.has('execution_interrupted')) return { state: 'interrupted' }
  const fault = messages.get('execution_error')
  if (isRecord(fault)) return { state: 'failed', fault }
  if (status['status_str'] === 'error') return { state: 'failed', fault: {} }
  const outputs = isRecord(entry['outputs']) ? entry['outputs'] : {}
  const pictures = Object.entries(outputs).map(([id, output]) => [id, savedPictures(output)] as const)
  return { state: 'succeeded', pictures: new Map(pictures) }
}
