import type { BackendRequest } from '../backend.ts'
import { noInputs } from '../backend.ts'

/** The smallest generation that loads a model's weights: one step of the smallest picture that common models draw. */
export function plainRequest(model: string): BackendRequest {
  return {
    id: 'warm',
    model,
    prompt: 'a lighthouse',
    negative: undefined,
    style: undefined,
    widthPx: 256,
    heightPx: 256,
    seed: 0,
    inputs: noInputs,
    strength: undefined,
    steps: 1,
  }
}
