import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { ResolvedModel } from '../request/picture-spec.ts'
import type { OptedScope } from './speculation.ts'
import { scopeName } from './speculation.ts'
import type { Observation } from './usage-event.ts'
import { minuteMs } from './usage-event.ts'

/** Renderers change with releases of models, not from one minute to the next. */
const everyMs = 10 * minuteMs

/** Asks whose results were drawn by another renderer than would draw them today are as good as retired. */
export function createRendererWatch({
  database,
  resolveModel,
}: {
  database: Kysely<Schema>
  resolveModel(alias: string): ResolvedModel
}): { read(scopes: readonly OptedScope[], nowMs: number): Promise<Observation[]> } {
  /** The version under which each model's asks were last retired. */
  const known = new Map<string, string>()
  let readMs = Number.NEGATIVE_INFINITY
  return {
    async read(scopes, nowMs) {
      if (nowMs - readMs < everyMs) return []
      readMs = nowMs
      const aliases = await database.selectFrom('generations').select('alias').distinct().execute()
      const observations: Observation[] = []
      for (const { alias } of aliases) {
        const version = versionOf(alias, resolveModel)
        if (version === undefined || known.get(alias) === version) continue
        known.set(alias, version)
        for (const { project, name } of scopes) {
          const keys = await staleKeys(database, { project, scope: name, alias, version })
          if (keys.length > 0)
            observations.push({ type: 'retired', atMs: nowMs, scope: scopeName(project, name), keys })
        }
      }
      return observations
    },
  }
}

/** Keys that were last asked for under another version. */
async function staleKeys(
  database: Kysely<Schema>,
  { project, scope, alias, version }: { project: string; scope: string; alias: string; version: string },
): Promise<string[]> {
  const rows = await database
    .selectFrom('usage_events as used')
    .innerJoin('generations', 'generations.key', 'used.generation_key')
    .select('used.key')
    .distinct()
    .where('used.project', '=', project)
    .where('used.scope', '=', scope)
    .where('generations.alias', '=', alias)
    .groupBy('used.key')
    .having((eb) => eb.fn.agg('bool_and', [eb('generations.renderer_version', '<>', version)]), '=', true)
    .execute()
  return rows.map(({ key }) => key)
}

function versionOf(alias: string, resolveModel: (alias: string) => ResolvedModel): string | undefined {
  try {
    return resolveModel(alias).rendererVersion
  } catch (error) {
    if (error instanceof DarkroomError) return undefined
    throw error
  }
}
