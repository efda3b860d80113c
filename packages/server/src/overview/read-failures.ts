import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { FailureReport } from './overview-report.ts'

const maxFailures = 20

interface Row {
  request_id: string | null
  at: Date
  code: string | null
  message: string | null
}

/** What has failed since a time, newest first, each with the last request that wanted it. */
export async function readFailures(database: Kysely<Schema>, since: Date): Promise<FailureReport[]> {
  const { rows } = await sql<Row>`
    select * from (
      select (
          select request_images.request_id from request_images
          inner join requests on requests.id = request_images.request_id
          where request_images.generation_id = generations.id
          order by requests.created_at desc limit 1
        ) as request_id,
        settled_at as at, error_code as code, error_message as message
      from generations where status = 'failed' and settled_at >= ${since}
      union all
      select id, settled_at, error_code, error_message
      from carousels where status = 'failed' and settled_at >= ${since}
    ) as failed
    order by at desc limit ${maxFailures}
  `.execute(database)
  return rows.map(({ request_id: requestId, at, code, message }) => ({
    requestId,
    at: at.toISOString(),
    code: code ?? 'internal',
    message: message ?? '',
  }))
}
