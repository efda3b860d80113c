import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Act, ActRow } from './audit.ts'
import { listActs, recordAct } from './audit.ts'
import { createImageOwners } from './image-owners.ts'
import type { KeyCheck } from './key-check.ts'
import { createKeyCheck } from './key-check.ts'
import { createKeyUse } from './key-use.ts'
import type { KeyRow, Keys } from './keys.ts'
import { createKeys } from './keys.ts'
import { createLoopbackAccess } from './loopback-access.ts'
import type { PictureAccess } from './picture-access.ts'
import { createPictureAccess } from './picture-access.ts'
import type { LimiterPool, RateLimitHeaders } from './rate-limits.ts'
import { createRateLimits } from './rate-limits.ts'
import type { Caller, Right, RouteRight } from './rights.ts'
import { defaultProject, requireRight, rights, unauthorized } from './rights.ts'
import type { ScopeDefaults } from './scope-policy.ts'
import type { Scopes } from './scopes.ts'
import { createScopes } from './scopes.ts'
import type { ServerSecret } from './server-secret.ts'
import type { SharedDomains, SharingDomains } from './sharing-domains.ts'
import { createSharingDomains } from './sharing-domains.ts'

/** Who may do what: the one door that every request passes before its route. */
export interface Access {
  /** `off`: whoever reaches this machine's own address is trusted (`loopback-access.ts`). */
  readonly mode: 'off' | 'on'
  /** Rules that hold for every request, also where no route is. @throws DarkroomError forbidden_host, … */
  check(request: Request): void
  /** Recognises the caller and requires the right of a route. @throws DarkroomError unauthorized, forbidden, … */
  admit(request: Request, right: RouteRight): Promise<Admission>
  readonly pictures: PictureAccess
  /** Before a picture URL causes a generation. @throws DarkroomError forbidden, too_many_requests, … */
  mayCauseWork(request: Request, caller: Caller): Promise<void>
  readonly keys: Keys
  readonly scopes: Scopes
  readonly domains: SharingDomains
  /** Reads the server's secret, or makes it: with access on it must be there. @throws SecretError */
  ready(): Promise<void>
  record(act: Act): Promise<void>
  /** Administrative acts, newest first. */
  acts(page: { limit: number; before: string | undefined }): Promise<ActRow[]>
  close(): Promise<void>
}

/** Who was let in. */
export interface Admission {
  caller: Caller
  /** For the answer, where requests are counted. */
  headers: RateLimitHeaders | undefined
}

/** How processes tell each other that keys or scopes have changed. */
export interface AccessChannel {
  notify(payloads: readonly string[]): Promise<void>
  onNotification(receive: (payload: string) => void): () => void
  onReconnect(callback: () => void): () => void
}

export interface AccessOptions {
  mode: 'off' | 'on'
  database: Kysely<Schema>
  pool: LimiterPool
  channel: AccessChannel
  secret: ServerSecret
  corsOrigins: readonly string[]
  sharedDomains: SharedDomains
  scopeDefaults: ScopeDefaults
  requestsPerMinute: number
  log: { warn(facts: object, message: string): void }
  now: () => number
}

export function createAccess(options: AccessOptions): Access {
  const { mode, database, channel, now } = options
  const domains = createSharingDomains(options.sharedDomains)
  const loopback = createLoopbackAccess(options.corsOrigins)
  const limits = createRateLimits({ pool: options.pool, perMinute: options.requestsPerMinute })
  const use = createKeyUse({
    database,
    now,
    failed: (error) => options.log.warn({ err: error }, 'the last use of keys could not be noted'),
  })
  let known: { secret: Uint8Array; check: KeyCheck } | undefined
  const withSecret = (secret: Uint8Array): { secret: Uint8Array; check: KeyCheck } =>
    (known ??= { secret, check: createKeyCheck({ database, secret, use, now }) })
  // Looked for again until it is there: the first key may be made beside a server that runs.
  const proof = async (): Promise<typeof known> => {
    if (known !== undefined) return known
    const secret = await options.secret.read()
    return secret === undefined ? undefined : withSecret(secret)
  }

  const owners = createImageOwners({ database, now })
  const clear = (): void => {
    known?.check.clear()
    scopes.clear()
    owners.clear()
  }
  const changed = async (): Promise<void> => {
    clear()
    await channel.notify(['changed'])
  }
  const scopes: Scopes = createScopes({ database, defaults: options.scopeDefaults, now, changed })
  const keys = createKeys({
    database,
    secret: async () => known?.secret ?? withSecret(await options.secret.readOrCreate()).secret,
    now,
    changed,
  })
  const forget = [channel.onNotification(clear), channel.onReconnect(clear)]
  const pictures = createPictureAccess({ scopes, owners, domains, proof, now })
  const local = localCaller(domains)

  return {
    mode,
    check: (request) => {
      if (mode === 'off') loopback.check(request)
    },
    admit: async (request, right) => {
      if (mode === 'off') return { caller: local, headers: undefined }
      if (right === 'open') return { caller: nobody, headers: undefined }
      const row = await (await proof())?.check.ofRequest(request)
      if (row === undefined) {
        // A picture may be shown by a signature, or in an open scope: its route looks at them.
        if (right === 'picture') return { caller: nobody, headers: undefined }
        throw unauthorized()
      }
      const caller = callerOf(row, domains)
      if (right === 'picture') return { caller, headers: undefined }
      const headers = await limits.count(caller.owner, caller.ratePerMinute)
      requireRight(caller, right)
      return { caller, headers }
    },
    pictures,
    mayCauseWork: async (request, caller) => {
      if (mode === 'off') return loopback.checkMayGenerate(request)
      requireRight(caller, 'generate')
      await limits.count(caller.owner, caller.ratePerMinute)
    },
    keys,
    scopes,
    domains,
    ready: async () => void withSecret(await options.secret.readOrCreate()),
    record: (act) => recordAct(database, act),
    acts: (page) => listActs(database, page),
    close: async () => {
      for (const undo of forget) undo()
      await use.close()
    },
  }
}

const allRights: ReadonlySet<Right> = new Set(rights)

/** Access is off: the person at the machine, who is also the operator. */
function localCaller(domains: SharingDomains): Caller {
  return {
    via: 'local',
    project: defaultProject,
    domain: domains.domainOf(defaultProject),
    owner: defaultProject,
    rights: allRights,
    scopes: undefined,
    ratePerMinute: undefined,
  }
}

/** Who shows nothing, and owns nothing. */
export const nobody: Caller = {
  via: 'nobody',
  project: '',
  domain: '',
  owner: '',
  rights: new Set(),
  scopes: undefined,
  ratePerMinute: undefined,
}

function callerOf(row: KeyRow, domains: SharingDomains): Caller {
  return {
    via: 'key',
    project: row.project,
    domain: domains.domainOf(row.project),
    owner: row.id,
    rights: new Set(row.rights as Right[]),
    scopes: row.scopes ?? undefined,
    ratePerMinute: row.rate_per_minute ?? undefined,
  }
}
