import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { drawingOf } from '../generation/generation-row.ts'
import type { PictureSpec, ResolvedModel } from '../request/picture-spec.ts'

/**
 * What a generation key stood for, as it would be drawn today.
 * @returns `undefined` where nothing is known of it, its model is gone, or it was taken down
 */
export async function readSpec(
  database: Kysely<Schema>,
  generationKey: string,
  resolveModel: (alias: string) => ResolvedModel,
): Promise<PictureSpec | undefined> {
  const row = await database
    .selectFrom('generations')
    .selectAll()
    .where('key', '=', generationKey)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined || row.taken_down_at !== null) return undefined
  try {
    return { domain: row.domain, model: resolveModel(row.alias), ...drawingOf(row) }
  } catch (error) {
    if (error instanceof DarkroomError) return undefined
    throw error
  }
}
