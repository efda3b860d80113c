import { BackendError } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import { publicText, sentence } from '../wire/public-text.ts'

const outOfMemory =
  /out ?of ?memory|allocation on device|failed to allocate|not enough (?:gpu )?memory|CUBLAS_STATUS_ALLOC_FAILED/iu

/** What the server said of a node that failed. */
export function executionError(fault: Record<string, unknown>, secret: string | undefined): BackendError {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const type = text(fault['exception_type'])
  const message = text(fault['exception_message'])
  if (outOfMemory.test(type) || outOfMemory.test(message)) {
    const tooLarge = 'The model server ran out of memory: ask for a smaller picture.'
    return new BackendError('backend_out_of_memory', tooLarge, { retry: 'smaller' })
  }
  if (/InterruptProcessingException/u.test(type)) return interruptedError()
  const words = publicText(message, secret)
  const node = publicText(fault['node_type'], secret)
  const where = node === undefined ? '' : ` in its node ${node}`
  const own = words === undefined ? '' : ` It said: ${sentence(words)}`
  return new BackendError('backend_failed', `The workflow failed${where}.${own}`, { retry: 'same' })
}

/** Somebody else stopped the job at the server: nothing is wrong with it. */
export function interruptedError(): BackendError {
  const message = 'The job was interrupted at the model server: try again.'
  return new BackendError('backend_failed', message, { retry: 'same' })
}

/** Values of a request that a node does not take, e.g. a width beyond its limit. */
const refusedValues = new Set(['value_smaller_than_min', 'value_bigger_than_max', 'invalid_input_type'])
/** The workflow asks for a model or a node that the server does not have. */
const missingParts = new Set([
  'value_not_in_list',
  'missing_node_type',
  'invalid_prompt',
  'prompt_no_outputs',
])

/** The error of a workflow that the server refused before it ran. @param body of its 400 */
export function validationError(body: unknown, secret: string | undefined): BackendError {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {}
  const nodeErrors = isRecord(body) && isRecord(body['node_errors']) ? Object.values(body['node_errors']) : []
  const faults = nodeErrors
    .filter(isRecord)
    .flatMap((node) => (Array.isArray(node['errors']) ? node['errors'] : []))
    .filter(isRecord)
  const first = faults[0] ?? error
  const kinds = new Set([error['type'], ...faults.map(({ type }) => type)].map(String))
  const words = [first['message'], first['details']].map((text) => publicText(text, secret))
  const own = words.filter((text) => text !== undefined && text !== '').join(': ')
  const said = own === '' ? '' : ` It said: ${sentence(own.slice(0, 300))}`
  const has = (set: ReadonlySet<string>): boolean => [...kinds].some((kind) => set.has(kind))
  if (has(missingParts)) {
    const message = `The model server lacks what the workflow asks for: its operator must add it.${said}`
    return new BackendError('backend_failed', message, { retry: 'never' })
  }
  if (has(refusedValues)) {
    const message = `The workflow cannot draw this.${said}`
    return new BackendError('unsupported_by_backend', message, { retry: 'never' })
  }
  return new BackendError('invalid_request', `The model server refused the workflow.${said}`, {
    retry: 'never',
  })
}
