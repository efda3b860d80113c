import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { keyWanted, setKey } from '../api/session.ts'

/** Asks for an API key, where the server wants one. */
export function KeyGate(): VNode {
  const field = useRef<HTMLInputElement>(null)
  const refused = keyWanted.value === 'refused'
  useEffect(() => field.current?.focus(), [refused])
  return (
    <form
      class="gate panel"
      onSubmit={(event) => {
        event.preventDefault()
        const typed = field.current?.value.trim() ?? ''
        if (typed !== '') setKey(typed)
      }}
    >
      <h1>This server asks for a key</h1>
      <p>
        It stays in this tab until you close it, and is sent to this server alone. The figures of the platform
        need a key with the right <code>admin</code>; pictures need <code>read</code>, and the playground{' '}
        <code>generate</code>.
      </p>
      <label for="key">API key</label>
      <input
        id="key"
        ref={field}
        type="password"
        autocomplete="off"
        spellcheck={false}
        placeholder="dk_…"
        aria-invalid={refused}
        aria-describedby={refused ? 'key-refused' : undefined}
      />
      {refused && (
        <p id="key-refused" class="fault" role="alert">
          The server does not accept this key. It may be revoked, or mistyped.
        </p>
      )}
      <button type="submit" class="button primary">
        Open
      </button>
      <p class="quiet">
        <code>darkroom keys create --admin</code> makes one.
      </p>
    </form>
  )
}
