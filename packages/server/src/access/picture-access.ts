import { DarkroomError } from '../errors.ts'
import type { ImageOwner, ImageOwners } from './image-owners.ts'
import type { KeyCheck } from './key-check.ts'
import { signingSecret } from './key-token.ts'
import type { KeyRow } from './keys.ts'
import type { Caller, Right } from './rights.ts'
import { mayUseScope, requireRight, requireScope, unauthorized } from './rights.ts'
import type { ScopePolicy } from './scope-policy.ts'
import { hasBudget } from './scope-policy.ts'
import type { Scopes } from './scopes.ts'
import type { SharingDomains } from './sharing-domains.ts'
import { isSignedBy, readSignature } from './url-signature.ts'

/** Leave to see a picture: who was recognised, and what caches may do with the answer. */
export interface PictureGrant {
  caller: Caller
  /** Under which name the edge keeps the picture: hits of one project are none of another. */
  edgeDomain: string
  /** `private`: for this reader's own cache only. `keyed`: the same, and for this key alone. */
  caching: 'public' | 'private' | 'keyed'
  /** Unix seconds: no cache may show it longer than its signature holds. */
  endsAtS: number | undefined
}

/** Who may see which picture, and who may have it made. */
export interface PictureAccess {
  /** @throws DarkroomError unauthorized, forbidden, bad_signature, signature_expired, scope_refuses */
  live(caller: Caller, request: Request, url: URL, scope: string): Promise<PictureGrant>
  /** @throws DarkroomError not_found, unauthorized, forbidden, bad_signature, signature_expired */
  image(caller: Caller, url: URL, id: string): Promise<PictureGrant>
  /**
   * Whether a caller may have something made of a generated picture of their project. What is made of a picture
   * shows it: a key that is kept to scopes may use what it may see.
   */
  mayUse(caller: Caller, id: string): Promise<boolean>
}

export interface PictureAccessOptions {
  scopes: Scopes
  owners: ImageOwners
  domains: SharingDomains
  /** `undefined` where no key was ever made: no signature is valid then. */
  proof: () => Promise<{ check: KeyCheck; secret: Uint8Array } | undefined>
  now: () => number
}

export function createPictureAccess(options: PictureAccessOptions): PictureAccess {
  const { scopes, owners, domains } = options
  return {
    live: async (asked, request, url, scope) => {
      const signed = await signatureOf(url, options)
      const caller = signed?.caller ?? (asked.via === 'nobody' ? await unsignedCaller(scope, options) : asked)
      requireRight(caller, 'read')
      requireScope(caller, scope)
      const policy = await scopes.policy(caller.project, scope)
      // Closed since its name was looked up, or the configuration no longer gives it a budget: an open socket must
      // not spend without end.
      const isOpen = policy.unsignedLive && hasBudget(policy)
      if (caller.via === 'unsigned' && !isOpen) throw unauthorized()
      requireOrigin(caller, request, policy)
      return grantOf(caller, caller.project, policy.visibility, signed?.endsAtS)
    },
    image: async (asked, url, id) => {
      const signed = await signatureOf(url, options)
      const caller = signed?.caller ?? asked
      // With access off everything is the operator's, of whatever project it was.
      if (caller.via === 'local') return grantOf(caller, caller.project, 'public', undefined)
      const owner = await owners.of(id)
      const isOwn = owner !== undefined && [caller.project, caller.domain].includes(owner.domain)
      if (owner === undefined || (caller.via !== 'nobody' && !isOwn)) throw noPicture()
      const visibility = await visibilityOf(owner)
      if (visibility === 'private') requirePrivatePicture(caller, owner.askedIn)
      return grantOf(caller, owner.domain, visibility, signed?.endsAtS)
    },
    mayUse: async (caller, id) => {
      if (caller.scopes === undefined) return true
      const owner = await owners.of(id)
      if (owner === undefined) return false
      return (await visibilityOf(owner)) === 'public' || wasAskedInScopeOf(caller, owner.askedIn)
    },
  }

  /** Public as soon as one of the scopes that asked for it is. */
  async function visibilityOf({ askedIn }: ImageOwner): Promise<'public' | 'private'> {
    const policies = await Promise.all(askedIn.map(({ project, scope }) => scopes.policy(project, scope)))
    return policies.some((policy) => policy.visibility === 'public') ? 'public' : 'private'
  }

  /** Who asks without key and signature: the project that opened the scope. */
  async function unsignedCaller(scope: string, { scopes: known }: PictureAccessOptions): Promise<Caller> {
    const project = await known.openProject(scope)
    if (project === undefined) throw unauthorized()
    return {
      via: 'unsigned',
      project,
      domain: domains.domainOf(project),
      owner: `scope:${project}/${scope}`,
      rights: readAndGenerate,
      scopes: undefined,
      ratePerMinute: undefined,
    }
  }
}

const readAndGenerate: ReadonlySet<Right> = new Set(['read', 'generate'])

/** What a signature in the URL proves; `undefined`: there is none. Signing keys stand for their project. */
async function signatureOf(
  url: URL,
  options: PictureAccessOptions,
): Promise<{ caller: Caller; endsAtS: number } | undefined> {
  const read = readSignature(url)
  if (read === undefined) return undefined
  if ('param' in read) throw new DarkroomError('invalid_request', read.message, { param: read.param })
  const proof = await options.proof()
  const row = await proof?.check.signingKey(read.keyId)
  if (
    proof === undefined ||
    row === undefined ||
    !isSignedBy(url, read, signingSecret(proof.secret, row.id))
  ) {
    throw new DarkroomError(
      'bad_signature',
      'The signature does not fit this URL, or its key was revoked or has expired; sign the URL again (docs/signed-urls.md).',
      { param: 'sig' },
    )
  }
  if (read.expiresAtS * 1000 <= options.now()) {
    throw new DarkroomError(
      'signature_expired',
      'This signed URL has expired; ask its author for a new one.',
      {
        param: 'exp',
      },
    )
  }
  return { caller: signingCaller(row, options.domains), endsAtS: read.expiresAtS }
}

function signingCaller(row: KeyRow, domains: SharingDomains): Caller {
  return {
    via: 'signature',
    project: row.project,
    domain: domains.domainOf(row.project),
    owner: row.id,
    rights: readAndGenerate,
    scopes: row.scopes ?? undefined,
    ratePerMinute: row.rate_per_minute ?? undefined,
  }
}

/**
 * Where a scope lists the pages that may ask, a request without key or signature must come from one of them, and a
 * signed one from no other. Only browsers tell the truth here: it guards a budget against other sites' pages, and
 * programs are what keys and signatures are for.
 */
function requireOrigin(caller: Caller, request: Request, { origins, name }: ScopePolicy): void {
  if (origins === undefined || caller.via === 'key' || caller.via === 'local') return
  const page = pageOrigin(request)
  if (page === undefined ? caller.via === 'signature' : origins.includes(page)) return
  throw new DarkroomError(
    'scope_refuses',
    `The scope ${name} serves only pages of the origins that it lists.`,
  )
}

function pageOrigin(request: Request): string | undefined {
  const text = request.headers.get('origin') ?? request.headers.get('referer')
  return text !== null && URL.canParse(text) ? new URL(text).origin : (text ?? undefined)
}

/** A picture that was asked for in private scopes alone, or uploaded: its address is not enough. */
function requirePrivatePicture(caller: Caller, askedIn: ImageOwner['askedIn']): void {
  // A stranger is told the same as of a picture that does not exist.
  if (caller.via === 'nobody') throw noPicture()
  requireRight(caller, 'read')
  if (caller.scopes === undefined || wasAskedInScopeOf(caller, askedIn)) return
  throw noPicture()
}

function wasAskedInScopeOf(caller: Caller, askedIn: ImageOwner['askedIn']): boolean {
  return askedIn.some(({ project, scope }) => project === caller.project && mayUseScope(caller, scope))
}

function noPicture(): DarkroomError {
  return new DarkroomError('not_found', 'There is no such picture, or it was taken down.')
}

function grantOf(
  caller: Caller,
  edgeDomain: string,
  visibility: 'public' | 'private',
  endsAtS: number | undefined,
): PictureGrant {
  const caching = caller.via === 'key' ? 'keyed' : visibility
  return { caller, edgeDomain, caching, endsAtS }
}
