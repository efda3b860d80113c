/** How an answer came about, as latency is kept by. `other`: every answer without a picture. */
export type CacheClass = 'hit' | 'stale' | 'collapsed' | 'miss' | 'pre-generated' | 'other'

export const cacheClasses: readonly CacheClass[] = [
  'hit',
  'stale',
  'collapsed',
  'miss',
  'pre-generated',
  'other',
]

/**
 * Stages in the order of a request's way. `key`, `access`, `edge` and `total` are measured for each request, `edge`
 * without the work behind it; `told` and `encode` where a picture is delivered; `queue`, `warm`, `generate`, `encode`
 * and `store` where the work is done, so once a picture, however many wait for it.
 */
export type Stage =
  | 'key'
  | 'edge'
  | 'access'
  | 'queue'
  | 'warm'
  | 'generate'
  | 'encode'
  | 'store'
  | 'told'
  | 'total'

export const stageNames: readonly Stage[] = [
  'key',
  'edge',
  'access',
  'queue',
  'warm',
  'generate',
  'encode',
  'store',
  'told',
  'total',
]

/** What a measured request or job was: latency is kept for each combination that occurs. */
export interface Labels {
  /** The route's pattern (`/live/{scope}`), or `job/generation`, `job/carousel`. */
  route: string
  cacheClass: CacheClass
  /** Empty where there is none; of another project than the default one, the project and a slash first. */
  scope: string
  /** The public name of the model; empty where there is none. */
  model: string
}

/** Jobs have a total of their own that is no answer's. */
export const jobRoutePrefix = 'job/'

/** A scope's name among those of all projects. */
export function scopeLabel(project: string | null, scope: string | null): string {
  if (scope === null) return ''
  return project === null || project === 'default' ? scope : `${project}/${scope}`
}

/** The class of an answer of the edge, by the headers that it bears. */
export function classOfAnswer(status: number, headers: Headers): CacheClass {
  const word = headers.get('x-cache-status')
  if (word === null || status >= 400) return 'other'
  if (word === 'HIT') return 'hit'
  if (word === 'STALE') return 'stale'
  if (headers.get('cache-status')?.includes('; collapsed') === true) return 'collapsed'
  return headers.get('server-timing')?.includes('ahead;') === true ? 'pre-generated' : 'miss'
}
