import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface DialogProps {
  title: string
  close: () => void
  children: ComponentChildren
}

/** A dialog over the page: the browser keeps the focus in it and gives it back. Escape closes it. */
export function Dialog({ title, close, children }: DialogProps): VNode {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = box.current
    if (element !== null && !element.open) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onClose={close}
      onClick={(event) => {
        if (event.target === box.current) close()
      }}
    >
      <div class="dialog-inside">
        <div class="panel-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="button small" onClick={close}>
            Close
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
