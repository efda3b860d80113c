import { BackendError } from '../backend.ts'

/** What runs end with when their adapter is closed. */
export function shuttingDown(): BackendError {
  const message = 'This server is shutting down: ask again in a moment.'
  return new BackendError('shutting_down', message, { retry: 'same' })
}
