import { useSignal } from '@preact/signals'
import { askJson } from '../../api/call.ts'
import { useResource } from '../../api/resource.ts'
import type { Loaded } from '../../api/resource.ts'
import type { Page } from '../../api/shapes.ts'
import type { ReadonlySignal } from '@preact/signals'

/** The newest items of a list, and those before them as far as somebody asked to see them. */
export interface PagedList<T> {
  loaded: Loaded<Page<T>>
  items: readonly T[]
  hasMore: boolean
  isLoadingMore: boolean
  /** What went wrong with the last page that was asked for. */
  fault: string | undefined
  reload: () => void
  more: () => void
}

/** What a page keeps of a list of millions. */
const maxItems = 500

/** A list by cursor, a page at a time, never all of it. Its newest page is asked for again every few seconds. */
export function usePagedList<T extends { id: string }>(
  url: ReadonlySignal<string>,
  everyMs: number,
): PagedList<T> {
  const { loaded, reload } = useResource<Page<T>>(url, { everyMs })
  const older = useSignal<{ url: string; items: readonly T[]; cursor: string | null } | undefined>(undefined)
  const isLoadingMore = useSignal(false)
  const fault = useSignal<string | undefined>(undefined)
  const first = loaded.value.state === 'ready' ? loaded.value.data : undefined
  const before = older.value?.url === url.value ? older.value : undefined
  const byId = new Map([...(first?.items ?? []), ...(before?.items ?? [])].map((item) => [item.id, item]))
  // The first of two is the fresher.
  for (const item of first?.items ?? []) byId.set(item.id, item)
  const cursor = before === undefined ? (first?.nextCursor ?? null) : before.cursor
  const more = async (): Promise<void> => {
    if (cursor === null || isLoadingMore.value) return
    isLoadingMore.value = true
    fault.value = undefined
    try {
      const page = await askJson<Page<T>>(`${url.value}&cursor=${encodeURIComponent(cursor)}`)
      // What was seen stays, also when new items push it out of the first page.
      const items = [...(before?.items ?? first?.items ?? []), ...page.items]
      older.value = { url: url.value, items, cursor: page.nextCursor }
    } catch (error) {
      fault.value = error instanceof Error ? error.message : String(error)
    }
    isLoadingMore.value = false
  }
  return {
    loaded: loaded.value,
    items: [...byId.values()],
    hasMore: cursor !== null && byId.size < maxItems,
    isLoadingMore: isLoadingMore.value,
    fault: fault.value,
    reload,
    more: () => void more(),
  }
}
