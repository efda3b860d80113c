import type { BackendRequest } from './backend.ts'
import { BackendError } from './backend.ts'

/**
 * For adapters whose model starts from a prompt alone.
 * @throws BackendError unsupported_by_backend when the request brings pictures
 */
export function refuseInputs(backendName: string, { model, inputs }: BackendRequest): void {
  if (inputs.image === undefined && inputs.mask === undefined && inputs.references.length === 0) return
  throw new BackendError(
    'unsupported_by_backend',
    `The model ${model} of the backend ${backendName} draws from a prompt alone: leave out image, mask and references.`,
    { retry: 'never' },
  )
}
