import { isRecord } from '../wire/answer-error.ts'
import { jsonOrUndefined } from '../wire/connection.ts'

/** A file that the server made. */
export interface SavedPicture {
  filename: string
  subfolder: string
  type: string
}

/** What the socket says of one job, as far as it matters here. */
export type ComfyMessage =
  | { type: 'queue'; remaining: number }
  | { type: 'started' }
  | { type: 'step'; node: string; value: number; max: number }
  | { type: 'preview'; bytes: Uint8Array }
  | { type: 'executed'; node: string; pictures: readonly SavedPicture[] }
  | { type: 'succeeded' }
  /** Older servers say only that nothing is executed any more, whatever became of the job. */
  | { type: 'over' }
  | { type: 'interrupted' }
  | { type: 'failed'; fault: Record<string, unknown> }

/** A text message; `undefined` for what is about another job, or nothing of interest. */
export function messageOfText(text: string, promptId: string | undefined): ComfyMessage | undefined {
  const message = jsonOrUndefined(text)
  if (!isRecord(message) || !isRecord(message['data'])) return undefined
  const { data } = message
  if (message['type'] === 'status') return queueOf(data)
  // Every job's messages carry its id; without one nobody knows whose they are.
  if (promptId === undefined || data['prompt_id'] !== promptId) return undefined
  switch (message['type']) {
    case 'execution_start':
      return { type: 'started' }
    case 'progress':
      return stepOf(data['node'], data)
    case 'progress_state':
      return runningStep(data['nodes'])
    case 'executed':
      return { type: 'executed', node: String(data['node']), pictures: savedPictures(data['output']) }
    case 'execution_success':
      return { type: 'succeeded' }
    case 'execution_interrupted':
      return { type: 'interrupted' }
    case 'execution_error':
      return { type: 'failed', fault: data }
    case 'executing':
      return data['node'] === null ? { type: 'over' } : undefined
    default:
      return undefined
  }
}

function queueOf(data: Record<string, unknown>): ComfyMessage | undefined {
  const info = isRecord(data['status']) ? data['status']['exec_info'] : undefined
  const remaining = isRecord(info) ? info['queue_remaining'] : undefined
  return typeof remaining === 'number' ? { type: 'queue', remaining } : undefined
}

function stepOf(node: unknown, data: Record<string, unknown>): ComfyMessage | undefined {
  const { value, max } = data
  if (typeof value !== 'number' || typeof max !== 'number' || !(max > 1)) return undefined
  return { type: 'step', node: String(node), value, max }
}

function runningStep(nodes: unknown): ComfyMessage | undefined {
  const all = isRecord(nodes) ? Object.values(nodes).filter(isRecord) : []
  const running = all.find((node) => node['state'] === 'running' && Number(node['max']) > 1)
  return running && stepOf(running['node_id'], running)
}

/** The pictures in a node's output. */
export function savedPictures(output: unknown): SavedPicture[] {
  const images: unknown = isRecord(output) ? output['images'] : undefined
  if (!Array.isArray(images)) return []
  return images
    .filter(isRecord)
    .flatMap(({ filename, subfolder = '', type = 'output' }) =>
      typeof filename === 'string' ? [{ filename, subfolder: String(subfolder), type: String(type) }] : [],
    )
}

/**
 * A preview out of a binary message: its kind, then for kind 1 the picture's format and the picture, for kind 4 the
 * length of a JSON text, the text and the picture (all numbers big-endian, 32 bits).
 */
export function previewOfFrame(frame: Uint8Array, promptId: string | undefined): ComfyMessage | undefined {
  if (frame.byteLength < 8) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const kind = view.getUint32(0)
  if (kind === 1) return { type: 'preview', bytes: frame.subarray(8) }
  if (kind !== 4) return undefined
  const length = view.getUint32(4)
  if (length > frame.byteLength - 8) return undefined
  const about = jsonOrUndefined(Buffer.from(frame.subarray(8, 8 + length)).toString('utf8'))
  if (isRecord(about) && about['prompt_id'] !== undefined && about['prompt_id'] !== promptId) return undefined
  return { type: 'preview', bytes: frame.subarray(8 + length) }
}
