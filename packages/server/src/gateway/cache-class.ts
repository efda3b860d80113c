import type { CacheClass } from '../latency/labels.ts'
import { classOfAnswer } from '../latency/labels.ts'
import type { RequestSubject } from './route.ts'

/** A picture as a request of the API found it, or began it. */
interface AcceptedPicture {
  id: string
  status: string
  priority: string
}

/** How one picture of an accepted request comes about, in the words of the edge. */
export function classOfPicture(row: AcceptedPicture, started: ReadonlySet<string>): CacheClass {
  if (started.has(row.id)) return 'miss'
  if (row.status !== 'stored') return 'collapsed'
  return row.priority === 'speculative' ? 'pre-generated' : 'hit'
}

/** An answer with several pictures is there when the last of them is. */
export function classOfPictures(rows: readonly AcceptedPicture[], started: ReadonlySet<string>): CacheClass {
  const classes = new Set(rows.map((row) => classOfPicture(row, started)))
  return slowestFirst.find((each) => classes.has(each)) ?? 'other'
}

const slowestFirst: readonly CacheClass[] = ['miss', 'collapsed', 'pre-generated', 'hit']

/**
 * A picture of the dashboard's own gallery. It is no reader's: counted with theirs, who looks at the figures would
 * change them. The browser says so, and whoever else does hides a request of its own from the classes, no more.
 */
function isLookOfOurs(request: Request, { origin, pathname }: URL): boolean {
  return pathname.startsWith('/images/') && request.headers.get('referer') === `${origin}/dashboard/`
}

/** How an answer came about, by what its handler says or else by its headers. */
export function classOfResponse(
  response: Response,
  { cacheClass }: RequestSubject,
  request: Request,
  url: URL,
): CacheClass {
  if (isLookOfOurs(request, url)) return 'other'
  return response.status < 400 && cacheClass !== undefined
    ? cacheClass
    : classOfAnswer(response.status, response.headers)
}
