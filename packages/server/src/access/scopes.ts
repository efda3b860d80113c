import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { recordAct } from './audit.ts'
import { createRowMemo } from './row-memo.ts'
import type { ScopeUsage } from './budget.ts'
import { usageOf } from './budget.ts'
import type { ScopeDefaults, ScopePolicy } from './scope-policy.ts'
import { daysColumn, defaultPolicy, hasBudget, policyOf } from './scope-policy.ts'

/** Scopes as requests ask for them, from memory, and as administrators change them. */
export interface Scopes {
  /** A scope that nobody has set has the defaults. */
  policy(project: string, name: string): Promise<ScopePolicy>
  /** The one project that has opened this name for unsigned URLs. */
  openProject(name: string): Promise<string | undefined>
  list(project: string | undefined): Promise<ScopePolicy[]>
  usage(policy: ScopePolicy): Promise<ScopeUsage>
  /** Makes or replaces a scope. @throws DarkroomError scope_name_taken, invalid_request (open without a budget) */
  set(policy: ScopePolicy, actor: string): Promise<void>
  /** Back to the defaults. @throws DarkroomError not_found */
  delete(project: string, name: string, actor: string): Promise<void>
  /** Forgets what is in memory. */
  clear(): void
}

export interface ScopesOptions {
  database: Kysely<Schema>
  defaults: ScopeDefaults
  now: () => number
  changed: () => Promise<void>
}

export function createScopes({ database, defaults, now, changed }: ScopesOptions): Scopes {
  const policies = createRowMemo<ScopePolicy>({ kind: 'scope', maxRows: 10_000 })
  const open = createRowMemo<string | undefined>({ kind: 'open-scope', maxRows: 10_000 })
  return {
    policy: (project, name) =>
      policies.get(JSON.stringify([project, name]), () => readPolicy(database, { project, name, defaults })),
    openProject: (name) =>
      open.get(name, async () => {
        const row = await database
          .selectFrom('scopes')
          .select('project')
          .where('name', '=', name)
          .where('unsigned_live', '=', true)
          .executeTakeFirst()
        return row?.project
      }),
    list: async (project) => {
      let query = database.selectFrom('scopes').selectAll().orderBy('project').orderBy('name')
      if (project !== undefined) query = query.where('project', '=', project)
      return (await query.execute()).map((row) => policyOf(row, defaults))
    },
    usage: (policy) => usageOf(database, policy, now()),
    set: async (policy, actor) => {
      const effective = {
        ...policy,
        maxPerHour: policy.maxPerHour ?? defaults.maxPerHour,
        maxUsdPerDay: policy.maxUsdPerDay ?? defaults.maxUsdPerDay,
      }
      if (policy.unsignedLive && !hasBudget(effective)) {
        throw new DarkroomError(
          'invalid_request',
          'unsignedLive: a scope that anybody may use needs a budget: maxPerHour, maxTotal or maxUsdPerDay.',
          { param: 'unsignedLive' },
        )
      }
      await setScope(database, policy, actor)
      await changed()
    },
    delete: async (project, name, actor) => {
      await database.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('scopes')
          .where('project', '=', project)
          .where('name', '=', name)
          .executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) throw new DarkroomError('not_found', 'There is no such scope.')
        await recordAct(transaction, { actor, act: 'scope.delete', project, subject: name })
      })
      await changed()
    },
    clear: () => {
      policies.clear()
      open.clear()
    },
  }
}

/** The policy as it is in the database now. */
export async function readPolicy(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  scope: { project: string; name: string; defaults: ScopeDefaults },
): Promise<ScopePolicy> {
  const row = await database
    .selectFrom('scopes')
    .selectAll()
    .where('project', '=', scope.project)
    .where('name', '=', scope.name)
    .executeTakeFirst()
  return row === undefined
    ? defaultPolicy(scope.project, scope.name, scope.defaults)
    : policyOf(row, scope.defaults)
}

async function setScope(database: Kysely<Schema>, policy: ScopePolicy, actor: string): Promise<void> {
  const values = {
    visibility: policy.visibility,
    unsigned_live: policy.unsignedLive,
    enabled: policy.enabled,
    max_per_hour: policy.maxPerHour ?? null,
    max_total: policy.maxTotal ?? null,
    max_usd_per_day: policy.maxUsdPerDay ?? null,
    assumed_usd: policy.assumedUsd,
    models: policy.models === undefined ? null : [...policy.models],
    sizes: policy.sizes === undefined ? null : [...policy.sizes],
    origins: policy.origins === undefined ? null : [...policy.origins],
    retain_days: daysColumn(policy.retention.maxAgeDays),
    retain_unused_days: daysColumn(policy.retention.unusedDays),
    prediction: policy.prediction === undefined ? null : JSON.stringify(policy.prediction),
    updated_at: new Date(),
  }
  const { project, name, ...facts } = policy
  try {
    await database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('scopes')
        .values({ project, name, ...values })
        .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet(values))
        .execute()
      await recordAct(transaction, { actor, act: 'scope.set', project, subject: name, facts: { ...facts } })
    })
  } catch (error) {
    // PostgreSQL's unique_violation: of the index of open names, since the key's own conflict is an update.
    if (!(error instanceof Error && 'code' in error && error.code === '23505')) throw error
    throw new DarkroomError(
      'scope_name_taken',
      `Another project has opened the scope ${name} for unsigned URLs; choose another name, or sign.`,
      { param: 'name' },
    )
  }
}
