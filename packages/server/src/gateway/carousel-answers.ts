import type { CarouselRecord, CarouselWithSlides } from '../carousels/carousel-record.ts'
import { storedErrorOf } from '../carousels/carousel-row.ts'
import type { Changed } from '../carousels/carousels.ts'
import { editWork } from '../carousels/work-counts.ts'
import { readPreference } from '../request/prefer.ts'
import type { RouteContext } from './route.ts'
import { json } from './routes/generations.ts'
import type { GatewayServices } from './services.ts'
import { publicUrlOf } from './services.ts'

/** The record when all slides have settled within the wait, 202 with its address else. */
export async function answerWhenDone(
  context: RouteContext,
  services: GatewayServices,
  begun: CarouselWithSlides,
  done: 200 | 201,
): Promise<Response> {
  const preference = readPreference(context.request.headers.get('prefer'))
  const { id } = begun.record
  const headers: Record<string, string> = { location: `/v1/carousels/${id}` }
  if (preference.applied !== undefined) headers['preference-applied'] = preference.applied
  const current =
    preference.waitS > 0
      ? ((await settledWithin(context, services, id, preference.waitS * 1000)) ??
        (await services.carousels.read(context.caller.project, id)))
      : begun
  const { status, slides } = current.record
  if (status === 'queued' || status === 'running') {
    return json(202, publicCarousel(current.record, services), { ...headers, 'retry-after': '1' })
  }
  if (status === 'failed' && !slides.some((each) => each.status === 'stored')) {
    throw storedErrorOf(current.carousel, id)
  }
  return json(done, publicCarousel(current.record, services), headers)
}

/** The settled carousel; `undefined` when the time is over, or the caller has left and needs no answer. */
async function settledWithin(
  { caller, request }: RouteContext,
  services: GatewayServices,
  id: string,
  waitMs: number,
): Promise<CarouselWithSlides | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(waitMs), request.signal])
  try {
    return await services.carousels.settled(caller.project, id, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** The record, whose `work` is here what the change needed: the whole carousel's is in the record itself. */
export async function answerChange(
  context: RouteContext,
  services: GatewayServices,
  { carousel, changed }: Changed,
): Promise<Response> {
  if (!changed) return json(200, { ...publicCarousel(carousel.record, services), ...editWork({}) })
  const response = await answerWhenDone(context, services, carousel, 200)
  const answer = (await response.json()) as CarouselRecord
  return json(response.status, { ...answer, ...workOfEdit(answer) }, Object.fromEntries(response.headers))
}

function workOfEdit({ edit }: CarouselRecord): Pick<CarouselRecord, 'work' | 'workDetail'> | undefined {
  return edit === undefined ? undefined : { work: edit.work, workDetail: edit.workDetail }
}

/** The record as it leaves the house: URLs with the public address. */
export function publicCarousel(
  carousel: CarouselRecord,
  services: Pick<GatewayServices, 'publicUrl'>,
): CarouselRecord {
  return {
    ...carousel,
    slides: carousel.slides.map((each) => ({
      ...each,
      url: each.url === null ? null : publicUrlOf(services, each.url),
    })),
  }
}
