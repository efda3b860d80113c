import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { connection, tryNow } from '../api/connection.ts'

/** Says that the server does not answer, and when it is asked again. What was read before stays on the page. */
export function AwayBanner(): VNode {
  const now = useSignal(Date.now())
  const state = connection.value
  const isAway = state.state === 'away'
  useEffect(() => {
    if (!isAway) return undefined
    const timer = setInterval(() => (now.value = Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isAway])
  return (
    <div class="away" role="status">
      {state.state === 'away' && (
        <div class="away-inside">
          <p>
            <strong>The server does not answer.</strong> What you see is what it said last.{' '}
            {/* Each second is for the eye alone. */}
            <span aria-hidden="true">
              Asking again in {Math.max(0, Math.ceil((state.retryAt - now.value) / 1000))} s.
            </span>
          </p>
          <button type="button" class="button small" onClick={tryNow}>
            Ask now
          </button>
        </div>
      )}
    </div>
  )
}
