import type { VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'

/**
 * Text of a stranger: of any length, direction and script. Set as text, never as markup; cut after a few lines,
 * with a button for the rest where there is more.
 */
export function Clamped({ text, lines = 2 }: { text: string; lines?: 2 | 3 }): VNode {
  const open = useSignal(false)
  const cut = useSignal(false)
  const box = useRef<HTMLSpanElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (element !== null && !open.value) cut.value = element.scrollHeight > element.clientHeight + 2
  }, [text])
  return (
    <span class="clamped">
      <span ref={box} dir="auto" class={open.value ? 'clamped-text' : `clamped-text lines-${lines}`}>
        {text}
      </span>
      {cut.value && (
        <button
          type="button"
          class="more"
          aria-expanded={open.value}
          onClick={(event) => {
            event.stopPropagation()
            open.value = !open.value
          }}
        >
          {open.value ? 'Less' : 'All of it'}
        </button>
      )}
    </span>
  )
}
