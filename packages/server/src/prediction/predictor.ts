import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Schema } from '../database/schema.ts'
import type { ResolvedModel } from '../request/picture-spec.ts'
import type { Catalogs } from './catalogs/catalogs.ts'
import type { PreparedCatalogs } from './catalogs/prepare.ts'
import { prepareCatalogs } from './catalogs/prepare.ts'
import { createDraw } from './draw.ts'
import { createPredictionPolicy } from './policy.ts'
import type { PredictionPolicy } from './policy.ts'
import type { PredictionRow, Predictions } from './predictions.ts'
import { readSpec } from './read-spec.ts'
import { createRendererWatch } from './renderer-watch.ts'
import { defaultPolicySettings } from './settings.ts'
import type { OptedScope, SpeculationParts, SpeculationRound } from './speculation.ts'
import { beginRound, scopeName } from './speculation.ts'
import type { Decision } from './usage-event.ts'
import { createUsageFeed } from './usage-feed.ts'
import type { UsageFeed } from './usage-feed.ts'
import { usualFormats } from './usual-formats.ts'

/** Makes ahead what the policy and the catalogues say, within the budgets of the scopes that have opted in. */
export interface Predictor {
  /** One look: settles, swaps in, learns, decides. Called by a timer, and by whoever sets the clock. */
  tick(): Promise<void>
  stop(): Promise<void>
}

export interface PredictorOptions extends Omit<SpeculationParts, 'predictions'> {
  database: Kysely<Schema>
  predictions: Predictions
  catalogs: Catalogs
  resolveModel(alias: string | undefined): ResolvedModel
  domainOf(project: string): string
  /** Usage of this process that is still in memory. */
  flushUsage(): Promise<void>
  /** Encodes a stored picture in another format, where it is not there. */
  prepareDelivery(generationId: string, format: string): Promise<void>
  seed: number
  log: Logger
  now: () => number
  /** Between two looks. */
  intervalMs: number
}

/** Of the advisory lock: "pred" in ASCII. */
const lockNumber = 0x70726564

/** Everything that is learned belongs to one list of scopes; when it changes the log is read again. */
interface Learned {
  scopes: string
  policy: PredictionPolicy
  feed: UsageFeed
  rendererWatch: ReturnType<typeof createRendererWatch>
}

export function createPredictor(options: PredictorOptions): Predictor {
  const { database, predictions, catalogs, now, log } = options
  const prepared: PreparedCatalogs = new Map()
  let learned: Learned | undefined
  let round: SpeculationRound | undefined
  let running: Promise<void> = Promise.resolve()

  const learn = (scopes: readonly OptedScope[]): Learned => {
    const names = JSON.stringify(scopes.map(({ project, name }) => [project, name]))
    if (learned?.scopes === names) return learned
    const policy = createPredictionPolicy({
      // A key here is a hash, which has no neighbours: new items come by catalogues.
      settings: { ...defaultPolicySettings, kinds: ['rewarm', 'sibling'] },
      draw: createDraw(options.seed),
      allowance: (scope) => {
        const [project = '', name = ''] = JSON.parse(scope) as string[]
        return round?.allowance(project, name) ?? 0
      },
      siblingGroupOf: ({ family }) => family,
      canMake: () => false,
    })
    learned = {
      scopes: names,
      policy,
      feed: createUsageFeed(database),
      rendererWatch: createRendererWatch({ database, resolveModel: options.resolveModel }),
    }
    return learned
  }
  async function look(): Promise<void> {
    await catalogs.goLive()
    const scopes = await optedScopes(database)
    // Nobody wants anything foreseen: two small queries a second are all that this costs.
    if (scopes.length === 0) return
    await options.flushUsage()
    const made = await predictions.settle()
    const { policy, feed, rendererWatch } = learn(scopes)
    do for (const observation of await feed.read(scopes)) policy.observe(observation)
    while (feed.isBehind)
    for (const observation of await rendererWatch.read(scopes, now())) policy.observe(observation)
    for (const { project, scope, key } of made)
      policy.observe({ type: 'made', atMs: now(), scope: scopeName(project, scope), key })
    await prepareDeliveries(made)
    round = await beginRound(options, scopes)
    if (round === undefined) return
    await prepareCatalogs(options, round, prepared)
    for (const decision of policy.decide(now())) await carryOut(decision, round, feed)
  }
  /** What was made is there in the formats that its scope is asked for in. */
  async function prepareDeliveries(made: readonly PredictionRow[]): Promise<void> {
    const formats = new Map<string, string[]>()
    for (const { project, scope, generation_id } of made) {
      const name = scopeName(project, scope)
      let usual = formats.get(name)
      if (usual === undefined)
        formats.set(name, (usual = await usualFormats(database, { project, scope, nowMs: now() })))
      for (const format of usual)
        if (generation_id !== null)
          await options.prepareDelivery(generation_id, format).catch((error: unknown) => {
            log.warn({ err: error }, 'a variant could not be made ahead; the first who asks has it made')
          })
    }
  }
  async function carryOut(decision: Decision, { make }: SpeculationRound, feed: UsageFeed): Promise<void> {
    const { scope: place, key, family, kind, reason, probability, heldOut } = decision
    const [project = '', scope = ''] = JSON.parse(place) as string[]
    const prediction = { project, scope, kind, key, family, reason, probability, catalog_id: null }
    if (heldOut) {
      await predictions.add({ ...prediction, status: 'held-out', generation_id: null, assumedUsd: 0 })
      return
    }
    const generationKey = feed.generationKeyOf(place, key)
    const spec = generationKey && (await readSpec(database, generationKey, options.resolveModel))
    if (spec) await make(prediction, spec)
  }
  /** Of several processes one looks at a time: two would spend one budget twice. */
  async function lookAlone(): Promise<void> {
    await database.connection().execute(async (connection) => {
      const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${lockNumber}) as got`.execute(
        connection,
      )
      if (rows[0]?.got !== true) return
      try {
        await look()
      } finally {
        await sql`select pg_advisory_unlock(${lockNumber})`.execute(connection)
      }
    })
  }
  const tick = async (): Promise<void> => {
    running = running.then(lookAlone)
    try {
      await running
    } finally {
      running = Promise.resolve()
    }
  }
  const timer = setInterval(() => {
    tick().catch((error: unknown) =>
      log.warn({ err: error }, 'a look of the predictor failed; the next one is tried'),
    )
  }, options.intervalMs).unref()
  return {
    tick,
    async stop() {
      clearInterval(timer)
      await running.catch(() => {})
    },
  }
}

async function optedScopes(database: Kysely<Schema>): Promise<OptedScope[]> {
  const rows = await database
    .selectFrom('scopes')
    .select(['project', 'name', 'prediction', 'assumed_usd'])
    .where('prediction', 'is not', null)
    .where('enabled', '=', true)
    .orderBy('project')
    .orderBy('name')
    .execute()
  return rows.flatMap(({ project, name, prediction, assumed_usd }) =>
    prediction === null ? [] : [{ project, name, budget: prediction, assumedUsd: assumed_usd ?? 0.25 }],
  )
}
