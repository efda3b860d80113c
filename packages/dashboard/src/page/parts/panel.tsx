import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { Loaded } from '../api/resource.ts'

interface PanelProps {
  title: string
  /** One line below the title. */
  about?: ComponentChildren
  /** At the end of the title's line: choices, a figure. */
  end?: ComponentChildren
  class?: string
  children: ComponentChildren
}

/** A part of the page with a heading of its own. */
export function Panel({ title, about, end, class: className = '', children }: PanelProps): VNode {
  const id = useId()
  return (
    <section class={`panel ${className}`} aria-labelledby={id}>
      <div class="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {about !== undefined && <p class="quiet panel-about">{about}</p>}
        </div>
        {end !== undefined && <div class="panel-end">{end}</div>}
      </div>
      {children}
    </section>
  )
}

interface AnswerProps<T> {
  loaded: Loaded<T>
  reload: () => void
  /** What stands there while it is not built, or switched off. */
  notBuilt?: ComponentChildren
  /** Lines that are drawn grey while it loads. */
  lines?: number
  children: (data: T) => ComponentChildren
}

/** What an answer is, in each of its states: loading, there, old, forbidden, not built, failed. */
export function Answer<T>({ loaded, reload, notBuilt, lines = 3, children }: AnswerProps<T>): VNode {
  if (loaded.state === 'ready') {
    return (
      <>
        {loaded.stale && <p class="quiet">The last answer: the server cannot give a newer one at present.</p>}
        {children(loaded.data)}
      </>
    )
  }
  if (loaded.state === 'loading') return <Skeleton lines={lines} />
  if (loaded.state === 'not-built')
    return <Empty>{notBuilt ?? 'This part is not built in this release yet.'}</Empty>
  if (loaded.state === 'forbidden') {
    return (
      <Empty>
        Your key may not read this: it needs the right <code>admin</code>.
      </Empty>
    )
  }
  return (
    <div class="empty">
      <p class="fault">{loaded.message}</p>
      <button type="button" class="button small" onClick={reload}>
        Try again
      </button>
    </div>
  )
}

/** Where text will stand. */
export function Skeleton({ lines }: { lines: number }): VNode {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  )
}

/** What stands where there is nothing yet, and why. */
export function Empty({ children }: { children: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p>{children}</p>
    </div>
  )
}
