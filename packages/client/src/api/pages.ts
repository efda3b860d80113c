/** One page of a list. */
export interface Page<T> {
  items: readonly T[]
  nextCursor: string | null
}

/** All records of a list, a page at a time. */
export async function* pages<T>(
  page: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined
  do {
    const { items, nextCursor } = await page(cursor)
    yield* items
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
}
