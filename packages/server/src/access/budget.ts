import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { ScopeDefaults, ScopePolicy } from './scope-policy.ts'
import { policyOf } from './scope-policy.ts'

/** A generation that a request has just started, in the request's transaction. */
export interface StartedGeneration {
  id: string
  attempt: number
  /** Public name of the model. */
  alias: string
  width_px: number
  height_px: number
}

/** What a scope has used. */
export interface ScopeUsage {
  /** New generations within the last hour. */
  lastHour: number
  /** New generations in all, since the scope was first set or counted. */
  total: number
  /** US dollars since midnight UTC. */
  usdToday: number
}

/** Pays for what a request starts, or refuses it all. */
export interface Budget {
  /**
   * Called in the transaction that armed the generations, once they are known: a refusal rolls all of it back, and
   * joiners start nothing and are never asked.
   * @throws DarkroomError scope_disabled, scope_refuses, budget_exhausted
   */
  charge(
    transaction: Transaction<Schema>,
    scope: { project: string; scope: string },
    started: readonly StartedGeneration[],
  ): Promise<void>
}

const hourMs = 3_600_000
/** Charges are needed for the hour and the day; older ones are no use. */
const keptMs = 48 * hourMs

export function createBudget(options: { defaults: ScopeDefaults; now: () => number }): Budget {
  const { defaults, now } = options
  const hasDefaults = defaults.maxPerHour !== undefined || defaults.maxUsdPerDay !== undefined
  return {
    charge: async (transaction, { project, scope }, started) => {
      if (started.length === 0) return
      if (hasDefaults) await ensureRow(transaction, project, scope)
      // The row's lock makes those who start something in one scope come one after the other; it is taken last, when
      // the keys' locks are held, so nobody who holds it waits for a key.
      const row = await transaction
        .selectFrom('scopes')
        .selectAll()
        .where('project', '=', project)
        .where('name', '=', scope)
        .forUpdate()
        .executeTakeFirst()
      if (row === undefined) return
      const policy = policyOf(row, defaults)
      refuseWhatIsNotAllowed(policy, started)
      await refuseBeyondLimits(transaction, policy, { total: Number(row.started_total), started, now: now() })
      await pay(transaction, policy, started, now())
    },
  }
}

async function ensureRow(transaction: Transaction<Schema>, project: string, name: string): Promise<void> {
  await transaction
    .insertInto('scopes')
    .values({ project, name })
    .onConflict((conflict) => conflict.columns(['project', 'name']).doNothing())
    .execute()
}

function refuseWhatIsNotAllowed(policy: ScopePolicy, started: readonly StartedGeneration[]): void {
  const { name, enabled, models, sizes } = policy
  if (!enabled) {
    throw new DarkroomError(
      'scope_disabled',
      `The scope ${name} is switched off: what is stored is served, and nothing new is made.`,
    )
  }
  for (const { alias, width_px, height_px } of started) {
    const size = `${width_px}x${height_px}`
    if (models !== undefined && !models.includes(alias)) {
      throw new DarkroomError('scope_refuses', `The scope ${name} allows the models ${models.join(', ')}.`, {
        param: 'model',
      })
    }
    if (sizes !== undefined && !sizes.includes(size)) {
      throw new DarkroomError('scope_refuses', `The scope ${name} allows the sizes ${sizes.join(', ')}.`, {
        param: 'size',
      })
    }
  }
}

async function refuseBeyondLimits(
  transaction: Transaction<Schema>,
  policy: ScopePolicy,
  asked: { total: number; started: readonly StartedGeneration[]; now: number },
): Promise<void> {
  const { maxTotal, maxPerHour, maxUsdPerDay } = policy
  const count = asked.started.length
  if (maxTotal !== undefined && asked.total + count > maxTotal) {
    throw exhausted(policy, 'total', `${maxTotal} generations in all`, undefined, asked.now)
  }
  if (maxPerHour !== undefined) {
    const endsAt = await endOfHourLimit(transaction, policy, maxPerHour, count, asked.now)
    if (endsAt !== undefined)
      throw exhausted(policy, 'hour', `${maxPerHour} new generations an hour`, endsAt, asked.now)
  }
  if (maxUsdPerDay !== undefined) {
    const { usdToday } = await usageOf(transaction, policy, asked.now)
    if (usdToday + count * policy.assumedUsd > maxUsdPerDay) {
      throw exhausted(
        policy,
        'day',
        `${maxUsdPerDay} US dollars a day (UTC)`,
        nextMidnight(asked.now),
        asked.now,
      )
    }
  }
}

/** When there is room for `count` more within the hour; `undefined`: now. `Infinity`: never, it is more than the limit. */
async function endOfHourLimit(
  transaction: Transaction<Schema>,
  { project, name }: ScopePolicy,
  limit: number,
  count: number,
  now: number,
): Promise<number | undefined> {
  if (count > limit) return Infinity
  // The newest `limit - count` may stay; the one before them must have left the hour.
  const blocking = await transaction
    .selectFrom('scope_charges')
    .select('created_at')
    .where('project', '=', project)
    .where('scope', '=', name)
    .where('created_at', '>', new Date(now - hourMs))
    .orderBy('created_at', 'desc')
    .offset(limit - count)
    .limit(1)
    .executeTakeFirst()
  return blocking === undefined ? undefined : blocking.created_at.getTime() + hourMs
}

function nextMidnight(now: number): number {
  return new Date(now).setUTCHours(24, 0, 0, 0)
}

/** 429, with which limit it is and when it ends (draft-ietf-httpapi-ratelimit-headers-10). */
function exhausted(
  policy: ScopePolicy,
  limit: 'total' | 'hour' | 'day',
  words: string,
  endsAt: number | undefined,
  now: number,
): DarkroomError {
  const ends = endsAt === undefined || !Number.isFinite(endsAt) ? undefined : endsAt
  const waitS = ends === undefined ? undefined : Math.max(1, Math.ceil((ends - now) / 1000))
  const quota = limit === 'total' ? policy.maxTotal : limit === 'hour' ? policy.maxPerHour : undefined
  const window = limit === 'hour' ? ';w=3600' : ''
  return new DarkroomError(
    'budget_exhausted',
    ends === undefined
      ? `The scope ${policy.name} allows ${words}, and this would be more. It does not end by itself: ${limit === 'hour' ? 'ask for fewer at once' : 'an administrator can raise it'}.`
      : `The scope ${policy.name} allows ${words}; the next can be made after ${new Date(ends).toISOString()}. What is stored is served all the same.`,
    {
      retryAfterS: waitS,
      headers: {
        ...(quota === undefined ? {} : { 'ratelimit-policy': `"${limit}";q=${quota}${window}` }),
        ratelimit: `"${limit}";r=0${waitS === undefined ? '' : `;t=${waitS}`}`,
      },
    },
  )
}

async function pay(
  transaction: Transaction<Schema>,
  { project, name, assumedUsd }: ScopePolicy,
  started: readonly StartedGeneration[],
  now: number,
): Promise<void> {
  await transaction
    .insertInto('scope_charges')
    .values(
      started.map(({ id, attempt }) => ({
        generation_id: id,
        attempt,
        project,
        scope: name,
        assumed_usd: assumedUsd,
        created_at: new Date(now),
      })),
    )
    .execute()
  await sql`
    update scopes set started_total = started_total + ${started.length} where project = ${project} and name = ${name}
  `.execute(transaction)
  await transaction
    .deleteFrom('scope_charges')
    .where('project', '=', project)
    .where('scope', '=', name)
    .where('created_at', '<', new Date(now - keptMs))
    .execute()
}

/**
 * What a scope has used until now. Money is what backends told; where they have not (yet), what the scope assumes.
 * A run that ended without a picture and told no cost counts nothing.
 */
export async function usageOf(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  { project, name }: Pick<ScopePolicy, 'project' | 'name'>,
  now: number,
): Promise<ScopeUsage> {
  const midnight = new Date(new Date(now).setUTCHours(0, 0, 0, 0))
  const hourAgo = new Date(now - hourMs)
  const recent = await database
    .selectFrom('scope_charges as charge')
    .innerJoin('generations', 'generations.id', 'charge.generation_id')
    .select([
      sql<number>`(count(*) filter (where charge.created_at > ${hourAgo}))::int`.as('last_hour'),
      sql<number | null>`sum(case
        when charge.created_at < ${midnight} then 0
        when charge.attempt < generations.attempt then 0
        when generations.status in ('failed', 'cancelled') then coalesce(generations.cost_usd, 0)
        else coalesce(generations.cost_usd, charge.assumed_usd) end)::double precision`.as('usd_today'),
    ])
    .where('charge.project', '=', project)
    .where('charge.scope', '=', name)
    .where('charge.created_at', '>', new Date(Math.min(midnight.getTime(), hourAgo.getTime()) - 1))
    .executeTakeFirstOrThrow()
  const row = await database
    .selectFrom('scopes')
    .select('started_total')
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst()
  return {
    lastHour: recent.last_hour,
    total: Number(row?.started_total ?? 0),
    usdToday: recent.usd_today ?? 0,
  }
}
