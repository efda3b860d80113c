import type { Memo } from '@darkroom/once'
import { createMemo } from '@darkroom/once'

/** What requests ask the database for again and again: kept in memory, read once at a time, bounded. */
export interface RowMemo<T> {
  /** The kept value, or the loaded one. A failed load is not kept. */
  get(key: string, load: () => Promise<T>): Promise<T>
  /** The kept value, at once. */
  peek(key: string): T | undefined
  delete(key: string): void
  /** After any administrative act: they are rare, and what they touch is not worth working out. */
  clear(): void
}

/** Rows counted at a size that is seldom exceeded; the bound keeps strangers' keys from filling the memory. */
const assumedRowBytes = 1024

export function createRowMemo<T>(options: { kind: string; maxRows: number }): RowMemo<T> {
  const memo: Memo<{ row: T }> = createMemo({
    whenAbandoned: 'finish',
    maxBytes: options.maxRows * assumedRowBytes,
    sizeOf: () => assumedRowBytes,
  })
  const unitOf = (key: string): { kind: string; key: string; domain: string } => ({
    kind: options.kind,
    key,
    domain: '',
  })
  return {
    get: async (key, load) => {
      const { value: lease } = await memo.get(unitOf(key), async () => ({ value: { row: await load() } }))
      using held = lease
      return held.value.row
    },
    peek: (key) => {
      const lease = memo.peek(unitOf(key))
      if (lease === undefined) return undefined
      using held = lease
      return held.value.row
    },
    delete: (key) => void memo.delete(unitOf(key)),
    clear: () => memo.clear(),
  }
}
