import type { PictureFormat } from '@darkroom/picture'
import type { PictureGrant } from '../access/picture-access.ts'
import type { Caller } from '../access/rights.ts'
import type { Generations } from '../generation/generations.ts'
import type { UsageLog } from '../prediction/usage-log.ts'
import type { LiveAsk } from '../request/live-query.ts'
import { classOfAnswer } from '../latency/labels.ts'
import { classOfPicture } from './cache-class.ts'
import { specOfLive } from './picture-origin.ts'
import type { RouteContext } from './route.ts'
import type { GatewayServices } from './services.ts'

/** Notes a prompt URL that was answered with a picture. */
export function noteLiveUse(
  context: RouteContext,
  services: GatewayServices,
  response: Response,
  {
    ask,
    grant,
    scope,
    format,
  }: { ask: LiveAsk; grant: PictureGrant; scope: string; format: PictureFormat; key: string },
  startedMs: number,
): void {
  if (context.request.method !== 'GET' || response.status >= 400) return
  services.usage.note({
    project: grant.caller.project,
    scope,
    spec: specOfLive(ask, grant.caller.domain, services.models),
    imageId: response.headers.get('x-image-id') ?? undefined,
    client: clientOf(context.request, context.caller),
    format,
    class: classOfAnswer(response.status, response.headers),
    waitMs: performance.now() - startedMs,
  })
}

/** Notes the address of a stored picture; which prompt it stands for is not known here. */
export function noteImageUse(
  context: RouteContext,
  services: GatewayServices,
  response: Response,
  { grant, imageId }: { grant: PictureGrant; imageId: string },
  startedMs: number,
): void {
  if (context.request.method !== 'GET' || response.status >= 400) return
  services.usage.note({
    project: grant.caller.project,
    scope: '',
    spec: undefined,
    imageId,
    client: clientOf(context.request, context.caller),
    format: response.headers.get('content-type') ?? undefined,
    class: classOfAnswer(response.status, response.headers),
    waitMs: performance.now() - startedMs,
  })
}

/** The same, with every picture that a native or OpenAI request asks for noted. */
export function notingGenerations(generations: Generations, usage: UsageLog): Generations {
  return {
    ...generations,
    accept: async (ask) => {
      const accepted = await generations.accept(ask)
      if (accepted.kind === 'accepted')
        for (const [index, spec] of ask.pictures.entries()) {
          const row = accepted.request.generations[index]
          usage.note({
            project: ask.project,
            scope: ask.scope,
            spec,
            imageId: row?.image_id ?? undefined,
            client: `${ask.project}/${ask.scope}`,
            format: undefined,
            class: row === undefined ? 'miss' : classOfPicture(row, accepted.started),
            // It has been accepted; when its caller has the picture is not known here.
            waitMs: row?.status === 'stored' ? 0 : undefined,
          })
        }
      return accepted
    },
  }
}

/** As much as is known of who asks; it is hashed before it is written. */
function clientOf({ headers }: Request, { owner }: Caller): string {
  return [owner, headers.get('x-forwarded-for') ?? '', headers.get('user-agent') ?? ''].join('\n')
}
