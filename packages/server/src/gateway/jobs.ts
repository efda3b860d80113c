import type { DeadCarousel } from '../carousels/dead-carousels.ts'
import type { DeadGeneration, DeadOwner, RedriveSelection } from '../generation/dead-generations.ts'
import type { RedriveAsk } from '../request/redrive-body.ts'
import type { GatewayServices } from './services.ts'

/** A dead letter: work that has failed, and that nothing will try again until somebody asks for it. */
export interface DeadJob {
  /** The picture's or the carousel's. */
  id: string
  kind: 'generation' | 'carousel'
  code: string
  message: string
  failedAt: string
  /** The scope that the work was begun for. */
  scope: string | null
  /** How often it was begun by a request, and within that repeated after an error or a dead worker. */
  attempt: number
  retries: number
  reruns: number
  model: string | null
  prompt: string | null
  /** Requests that wanted it, at most ten. */
  requests: string[]
}

export interface DeadJobPage {
  items: DeadJob[]
  nextCursor: string | null
}

/** Dead letters of a project, newest first, generations and carousels in one list. */
export async function listDeadJobs(
  services: Pick<GatewayServices, 'generations' | 'carousels'>,
  query: DeadOwner & { code: string | undefined; limit: number; cursor: string | undefined },
): Promise<DeadJobPage> {
  const after = query.cursor === undefined ? undefined : decodeJobCursor(query.cursor)
  const page = {
    project: query.project,
    scopes: query.scopes,
    code: query.code,
    limit: query.limit + 1,
    after,
  }
  const [generations, carousels] = await Promise.all([
    services.generations.dead(page),
    services.carousels.dead(page),
  ])
  const found = [...generations.map(generationJob), ...carousels.map(carouselJob)].toSorted(newestFirst)
  const items = found.slice(0, query.limit)
  const last = found.length > query.limit ? items.at(-1) : undefined
  return {
    items,
    nextCursor: last === undefined ? null : Buffer.from(`${last.failedAt} ${last.id}`).toString('base64url'),
  }
}

/** As the database orders them: texts by their bytes. */
function newestFirst(one: DeadJob, other: DeadJob): number {
  if (one.failedAt !== other.failedAt) return one.failedAt < other.failedAt ? 1 : -1
  return one.id < other.id ? 1 : -1
}

/** The job a cursor names; `undefined` when the text is no cursor of ours. */
export function decodeJobCursor(text: string): { failedAt: string; id: string } | undefined {
  const decoded = Buffer.from(text, 'base64url').toString()
  const match =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (img_[A-Za-z0-9_-]{32}|car_[A-Za-z0-9_-]{22})$/u.exec(decoded)
  if (match?.[1] === undefined || match[2] === undefined || Number.isNaN(Date.parse(match[1])))
    return undefined
  return { failedAt: match[1], id: match[2] }
}

function generationJob({ row, failedAt, requestIds }: DeadGeneration): DeadJob {
  return {
    id: row.image_id ?? '',
    kind: 'generation',
    code: row.error_code ?? 'backend_failed',
    message: row.error_message ?? '',
    failedAt,
    scope: row.scope,
    attempt: row.attempt,
    retries: row.retries,
    reruns: row.reruns,
    model: row.alias,
    prompt: row.prompt,
    requests: requestIds,
  }
}

function carouselJob({ carousel, failedAt }: DeadCarousel): DeadJob {
  return {
    id: carousel.id,
    kind: 'carousel',
    code: carousel.error_code ?? 'internal',
    message: carousel.error_message ?? '',
    failedAt,
    scope: carousel.scope,
    attempt: 1,
    retries: carousel.retries,
    reruns: carousel.reruns,
    model: null,
    prompt: carousel.base.prompt?.prompt ?? null,
    requests: carousel.base_request_id === null ? [] : [carousel.base_request_id],
  }
}

/**
 * Tries dead letters again.
 * @returns the ids of the pictures and carousels that were queued; those that are no dead letters are not among them
 */
export async function redriveJobs(
  services: Pick<GatewayServices, 'generations' | 'carousels' | 'models' | 'now'>,
  { project, scopes }: DeadOwner,
  ask: RedriveAsk,
): Promise<string[]> {
  // What fails again while this runs is not tried a second time.
  const selection: RedriveSelection = ask.kind === 'ids' ? ask : { ...ask, until: new Date(services.now()) }
  // Carousels first: a base that failed with one is queued once, and the carousel waits for it.
  const carousels = await services.carousels.redrive({ project, scopes }, selection, (name) =>
    services.models.resolve(name),
  )
  return [...carousels, ...(await services.generations.redrive({ project, scopes }, selection))]
}
