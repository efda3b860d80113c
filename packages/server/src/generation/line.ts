import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Priority, Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'

/** Whose work is queued, and how urgently. */
export interface LineAsk {
  project: string
  scope: string
  priority: Priority
}

/** The queue as one scope finds it, for as long as the transaction that looks at it. */
export interface PlaceInLine {
  /** Whether the scope may queue no more. */
  isFull(): boolean
  /** The turn of the scope's next job. @throws DarkroomError queue_full */
  next(): Promise<number>
  /** A turn that was not used after all. */
  giveBack(turn: number): void
  /** The transaction has ended: what it queued can be seen by all, or never was. */
  release(): void
}

/**
 * The line of one kind of queued work, generations or carousels. Each has a turn, lower ones go first, and a scope has one job a turn: with s scopes
 * waiting each has every s-th start, however many jobs it has queued.
 */
export interface Line {
  look(transaction: Transaction<Schema>, ask: LineAsk): Promise<PlaceInLine>
  /** The next turn of a scope whatever it has queued, for work that was accepted before. */
  nextTurn(transaction: Transaction<Schema>, ask: LineAsk): Promise<number>
}

export interface LineOptions {
  /** Whose line it is. Carousels are demand, all of them. */
  table: 'generations' | 'carousels'
  /** Jobs that a scope may have queued. */
  maxQueuedPerScope: number
  now: () => number
}

/** How far back the speed of service is measured. */
const windowMs = 120_000

/** What is said where nothing was finished within the window. */
const unknownRetryAfterS = 60

/** Nobody is told to wait longer than this: by then another measurement is worth more. */
const maxRetryAfterS = 3600

/** A measurement is used for this long: at an overload it would be made for every refusal. */
const rateFreshMs = 1000

export function createLine(options: LineOptions): Line {
  const { maxQueuedPerScope: limit } = options
  const handedOut = new Map<string, { looks: number; highest: number }>()
  const refusals = createRefusals(options)

  return {
    look: async (transaction, ask) => {
      const name = JSON.stringify([ask.project, ask.scope, ask.priority])
      const beside = handedOut.get(name) ?? { looks: 0, highest: -1 }
      handedOut.set(name, beside)
      beside.looks += 1
      const own = new Set<number>()
      let isReleased = false
      const release = (): void => {
        if (isReleased) return
        isReleased = true
        own.clear()
        beside.looks -= 1
        if (beside.looks === 0) handedOut.delete(name)
      }
      let found: Awaited<ReturnType<typeof read>>
      try {
        found = await read(transaction, options.table, ask, limit)
      } catch (error) {
        release()
        throw error
      }
      const isFull = (): boolean => found.queued + own.size >= limit
      return {
        isFull,
        next: async () => {
          if (isFull()) throw await refusals.errorFor(transaction, ask, limit)
          // Turns of transactions that ran beside this one in this process could not be read when it looked: they
          // may have been committed since.
          const turn = Math.max(found.head, found.last + 1, beside.highest + 1)
          beside.highest = turn
          own.add(turn)
          return turn
        },
        giveBack: (turn) => {
          own.delete(turn)
          if (beside.highest === turn) beside.highest -= 1
        },
        release,
      }
    },
    nextTurn: async (transaction, ask) => {
      const { head, last } = await read(transaction, options.table, ask, 0)
      return Math.max(head, last + 1)
    },
  }
}

/**
 * `head`: the turn that is being served, `last`: the last one the scope has in line or in service. Each is the end of
 * an index, and no lock is taken: transactions that run at the same time see the same, so in the whole cluster as many
 * jobs of a scope may share a turn as processes accept its requests at the same moment.
 */
async function read(
  transaction: Transaction<Schema>,
  name: LineOptions['table'],
  { project, scope, priority }: LineAsk,
  limit: number,
): Promise<{ queued: number; head: number; last: number }> {
  const table = sql.table(name)
  const urgency = name === 'generations' ? sql`priority = ${priority}` : sql`true`
  const own = sql`project = ${project} and scope = ${scope}`
  const { rows } = await sql<{ queued: string; head: string | null; last: string | null }>`
    select
      (select count(*) from (
        select from ${table} where ${own} and ${urgency} and status = 'queued' limit ${limit}
      ) as counted) as queued,
      greatest(
        running.head,
        (select min(turn) from ${table} where status = 'queued' and ${urgency})
      ) as head,
      greatest(
        running.last,
        (select max(turn) from ${table} where ${own} and ${urgency} and status = 'queued')
      ) as last
    from (
      select max(turn) as head, max(turn) filter (where ${own}) as last
      from ${table} where status = 'running' and ${urgency}
    ) as running
  `.execute(transaction)
  const [row] = rows
  return {
    queued: Number(row?.queued ?? 0),
    head: Number(row?.head ?? 0),
    last: Number(row?.last ?? -1),
  }
}

interface Refusals {
  errorFor(transaction: Transaction<Schema>, ask: LineAsk, limit: number): Promise<DarkroomError>
}

/** What a scope is served, and until when the places that become free have been promised to those it refused. */
interface ScopeState {
  perSecond: number | undefined
  measuredAt: number
  promisedUntil: number
}

/**
 * Says when to come back: the k-th who is refused, when k places will have become free at the speed at which the scope
 * was served in the last two minutes, but never later than when all of its queue will have been served.
 */
function createRefusals({ now, table }: LineOptions): Refusals {
  const scopes = new Map<string, ScopeState>()

  async function stateOf(transaction: Transaction<Schema>, ask: LineAsk): Promise<ScopeState> {
    const name = JSON.stringify([ask.project, ask.scope])
    const known = scopes.get(name)
    if (known !== undefined && now() - known.measuredAt < rateFreshMs) return known
    const perSecond = await servedPerSecond(transaction, table, ask, now())
    const state = { perSecond, measuredAt: now(), promisedUntil: known?.promisedUntil ?? 0 }
    scopes.set(name, state)
    for (const [other, { measuredAt, promisedUntil }] of scopes) {
      if (measuredAt < now() - windowMs && promisedUntil < now()) scopes.delete(other)
    }
    return state
  }

  return {
    errorFor: async (transaction, ask, limit) => {
      const state = await stateOf(transaction, ask)
      const { perSecond } = state
      let retryAfterS = unknownRetryAfterS
      if (perSecond !== undefined) {
        const slotMs = 1000 / perSecond
        const latest = now() + Math.min(limit * slotMs, maxRetryAfterS * 1000)
        state.promisedUntil = Math.min(Math.max(state.promisedUntil, now()) + slotMs, latest)
        retryAfterS = Math.max(1, Math.ceil((state.promisedUntil - now()) / 1000))
      }
      const speed =
        perSecond === undefined
          ? 'none of which was finished in the last two minutes'
          : `which is served ${perSecond.toPrecision(2)} a second`
      return new DarkroomError(
        'queue_full',
        `The scope has ${limit} ${table} queued, ${speed}; come back later.`,
        { retryAfterS },
      )
    },
  }
}

async function servedPerSecond(
  transaction: Transaction<Schema>,
  table: LineOptions['table'],
  { project, scope }: LineAsk,
  now: number,
): Promise<number | undefined> {
  const { count, first } = await transaction
    .selectFrom(table)
    .select((eb) => [eb.fn.countAll<string>().as('count'), eb.fn.min('settled_at').as('first')])
    .where('project', '=', project)
    .where('scope', '=', scope)
    .where('settled_at', '>', new Date(now - windowMs))
    .executeTakeFirstOrThrow()
  if (first === null) return undefined
  return Number(count) / Math.max(1, (now - new Date(first).getTime()) / 1000)
}
