import { DarkroomError } from '../errors.ts'

/**
 * What a key may do. `admin` is the operator's: keys, scopes and figures of all projects; it includes the others.
 * `scaling` is an autoscaler's: how many workers are wanted, and nothing else.
 */
export const rights = ['read', 'generate', 'purge', 'scaling', 'admin'] as const

/** One of `rights`. */
export type Right = (typeof rights)[number]

/**
 * What a route asks for. `open`: nobody is asked for a key. `picture`: a key that may read, a signature, or a scope
 * that is open; a miss also needs the right to generate (`picture-access.ts`).
 */
export type RouteRight = Right | 'open' | 'picture'

/** The project of everybody while access is off, and of keys that name none. */
export const defaultProject = 'default'

/** Who asks, as every route knows it. */
export interface Caller {
  /** How they were recognised. `local`: access is off. `nobody`: neither key nor signature, and none was needed. */
  readonly via: 'local' | 'key' | 'signature' | 'unsigned' | 'nobody'
  /** Owner of what they make, and of all that they may see. */
  readonly project: string
  /** The sharing domain of the project: the project itself, unless the operator opened a shared one (DESIGN 1). */
  readonly domain: string
  /** Owner of idempotency keys and of the rate limit: the API key, where there is one. */
  readonly owner: string
  readonly rights: ReadonlySet<Right>
  /** The only scopes they may use; `undefined`: all of the project. */
  readonly scopes: readonly string[] | undefined
  /** Requests a minute, instead of the configuration's; 0: no limit. */
  readonly ratePerMinute: number | undefined
}

/** Whether a caller has a right; `admin` has all. */
export function hasRight(caller: Caller, right: Right): boolean {
  return caller.rights.has(right) || caller.rights.has('admin')
}

/** @throws DarkroomError unauthorized (nobody asks), forbidden */
export function requireRight(caller: Caller, right: Right): void {
  if (hasRight(caller, right)) return
  if (caller.via === 'nobody') throw unauthorized()
  throw new DarkroomError(
    'forbidden',
    `This needs the right ${right}, which this ${caller.via === 'key' ? 'key' : 'URL'} does not have.`,
  )
}

/** Whether a caller may use a scope of the project. */
export function mayUseScope(caller: Caller, scope: string): boolean {
  return caller.scopes === undefined || caller.scopes.includes(scope)
}

/** @throws DarkroomError forbidden */
export function requireScope(caller: Caller, scope: string): void {
  if (mayUseScope(caller, scope)) return
  // Who names none means "default": OpenAI's client has no word for a scope.
  const own = (caller.scopes ?? []).join(', ')
  throw new DarkroomError(
    'forbidden',
    `This key may not use the scope ${scope}${own === '' ? '.' : `, but: ${own}. Name one as scope.`}`,
    { param: 'scope' },
  )
}

/** The answer to whoever shows no key where one is needed. */
export function unauthorized(): DarkroomError {
  return new DarkroomError(
    'unauthorized',
    'Send an API key as Authorization: Bearer dk_… or X-API-Key: dk_…; darkroom keys create makes one.',
    { headers: { 'www-authenticate': 'Bearer realm="darkroom"' } },
  )
}
