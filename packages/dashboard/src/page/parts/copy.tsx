import type { VNode } from 'preact'
import { useSignal } from '@preact/signals'

/** A text to take along: shown whole, selected by a click, copied by a button. */
export function Copy({ label, text }: { label: string; text: string }): VNode {
  const said = useSignal('Copy')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      said.value = 'Copied'
    } catch {
      // No clipboard without HTTPS or a loopback address: the text can be selected.
      said.value = 'Select it'
    }
    setTimeout(() => (said.value = 'Copy'), 2000)
  }
  return (
    <div class="copy">
      <span class="copy-label">{label}</span>
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <button type="button" class="button small" onClick={() => void copy()} aria-label={`Copy: ${label}`}>
        {said.value}
      </button>
    </div>
  )
}
