import { pictureFormats } from '@darkroom/picture'
import { z } from 'zod'
import type { Caller } from '../../access/rights.ts'
import { requireRight } from '../../access/rights.ts'
import { DarkroomError } from '../../errors.ts'
import { scopeField } from '../../request/fields.ts'
import { parseImageUrl } from '../../request/image-query.ts'
import { parseLiveUrl } from '../../request/live-query.ts'
import type { PurgeTarget } from '../../request/purge-body.ts'
import { parsePurgeBody, purgeBodySchema } from '../../request/purge-body.ts'
import { parseWith, readQuery } from '../../request/query.ts'
import { readJsonBody } from '../body.ts'
import { edgeBase, livePath } from '../picture-key.ts'
import { pictureTags } from '../picture-tags.ts'
import type { CdnOrdered } from '../../cdn/cdns.ts'
import { withoutMark } from '../cdn-tags.ts'
import type { Purged, PurgeOrder } from '../purges.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const answerSchema = z.object({
  purged: z.int().meta({ description: 'About how many cached answers it hit in the process that answers.' }),
  soft: z.boolean(),
  orderedAt: z.iso
    .datetime()
    .optional()
    .meta({ description: 'A CDN of `GET /v1/cdns` whose waitingSince is later has been told.' }),
  cdns: z
    .array(
      z.object({
        name: z.string(),
        status: z.enum(['queued', 'nothing']).meta({
          description:
            'queued: it will be told, whatever fails meanwhile. nothing: no copy there can be meant.',
        }),
        names: z.int(),
        soft: z.boolean().meta({ description: 'false for a CDN that cannot mark stale: it drops.' }),
      }),
    )
    .optional()
    .meta({ description: 'What each configured CDN was ordered; left out where there is none.' }),
})

/** So many pictures of one tag are named one by one; of more, all of the project are purged. */
const maxTaggedImages = 20_000

/** `POST /v1/purge`: cached copies, in every gateway process. Stored results stay. */
export function purgeRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/purge',
      right: 'purge',
      summary: 'Drop cached copies of pictures, or mark them stale; stored results stay',
      body: {
        mediaType: 'application/json',
        schema: purgeBodySchema,
        about:
          'Exactly one of tags, images, urls, everything. URLs are those of /live and /images, relative or with the public address. soft: serve the copies once more while they are validated.',
      },
      answers: {
        200: { about: 'Done here, and told to all.', mediaType: 'application/json', schema: answerSchema },
      },
      handle: (context) => purge(context, services),
    },
  ]
}

async function purge(context: RouteContext, services: GatewayServices): Promise<Response> {
  parseWith(z.strictObject({}), readQuery(context.url))
  const { target, soft } = parsePurgeBody(await readJsonBody(context.request))
  const done: Purged[] = []
  for (const order of await ordersOf(target, soft, context, services))
    done.push(await services.purges.purge(order))
  const purged = done.reduce((sum, each) => sum + each.purged, 0)
  const cdns = togetherByCdn(done)
  context.log.info({ purge: target.kind, soft, purged, cdns: cdns.length }, 'purged')
  const { owner, project } = context.caller
  const facts = { soft, ...(target.kind === 'everything' ? {} : { count: namesOf(target).length }) }
  await services.access.record({ actor: owner, act: 'purge', project, subject: target.kind, facts })
  const orderedAt = new Date(services.now()).toISOString()
  return json(200, { purged, soft, ...(cdns.length === 0 ? {} : { orderedAt, cdns }) })
}

/** What each CDN was ordered under all names of the caller's copies. */
function togetherByCdn(done: readonly Purged[]): CdnOrdered[] {
  const together = new Map<string, CdnOrdered>()
  for (const each of done.flatMap(({ cdns }) => cdns)) {
    const { name } = each
    const names = each.names + (together.get(name)?.names ?? 0)
    together.set(name, { ...each, names, status: names === 0 ? 'nothing' : 'queued' })
  }
  return [...together.values()]
}

/** One order for each name under which the caller's pictures may be cached. */
async function ordersOf(
  target: PurgeTarget,
  soft: boolean,
  context: RouteContext,
  services: GatewayServices,
): Promise<PurgeOrder[]> {
  const { caller } = context
  if (target.kind === 'everything') {
    // Of all projects: nobody's but the operator's.
    requireRight(caller, 'admin')
    return [{ domain: undefined, everything: true, soft }]
  }
  const what = await whatOf(target, context, services)
  return services.access.domains.edgeDomainsOf(caller.project).map((domain) => ({ ...what, domain, soft }))
}

async function whatOf(
  target: Exclude<PurgeTarget, { kind: 'everything' }>,
  context: RouteContext,
  services: GatewayServices,
): Promise<Pick<PurgeOrder, 'tags' | 'everything'>> {
  switch (target.kind) {
    case 'tags':
      return await taggedWith(target.tags, context.caller, services)
    case 'images':
      return { tags: target.images }
    default: {
      const tags = target.urls.flatMap((text, index) => tagsOfUrl(text, index, context, services))
      return { tags: [...new Set(tags)] }
    }
  }
}

function namesOf(target: Exclude<PurgeTarget, { kind: 'everything' }>): readonly string[] {
  return target.kind === 'tags' ? target.tags : target.kind === 'images' ? target.images : target.urls
}

/**
 * A tag as headers show it (`scope:shop`, `model:default`, an image id), or one of a request's own. Which pictures
 * bear a request's tag is looked up: a request that came after the picture was cached has given it its tags too.
 */
async function taggedWith(
  tags: readonly string[],
  caller: Caller,
  services: GatewayServices,
): Promise<Pick<PurgeOrder, 'tags' | 'everything'>> {
  const known = tags.map((tag) => withoutMark(caller.project, tag))
  const own = known.map((tag) => (tag.startsWith('tag:') ? tag.slice('tag:'.length) : tag))
  const images = await services.images.idsOfTags(caller.project, own, maxTaggedImages + 1)
  if (images.length > maxTaggedImages) return { everything: true }
  return { tags: [...new Set([...known, ...own.map(pictureTags.own), ...images])] }
}

/** The tags of what a URL can have been answered with, whatever `Accept` chose. */
function tagsOfUrl(
  text: string,
  index: number,
  context: RouteContext,
  services: GatewayServices,
): readonly string[] {
  const param = `urls.${index}`
  const url = ownUrl(text, param, context, services)
  const [, room, name, ...more] = url.pathname.split('/')
  if (room === 'images' && name !== undefined && more.length === 0) return [parseImageUrl(url, name).id]
  const scope = room === 'live' && more.length === 0 ? scopeField.safeParse(name) : undefined
  if (scope?.success !== true) {
    throw new DarkroomError(
      'invalid_request',
      `${param}: only URLs of /live/{scope} and /images/{id} are cached.`,
      {
        param,
      },
    )
  }
  const ask = parseLiveUrl(url)
  const formats = ask.delivery.format === undefined ? pictureFormats : [ask.delivery.format]
  return formats.map((format) => pictureTags.url(livePath(scope.data, ask, format)))
}

/** A URL of this server, with its path below our root. */
function ownUrl(text: string, param: string, context: RouteContext, services: GatewayServices): URL {
  const bases = [services.publicUrl, context.url.origin].filter((base) => base !== undefined)
  const base = bases.find((known) => text.startsWith(`${known}/`))
  const path = base === undefined ? text : text.slice(base.length)
  if (!path.startsWith('/') || path.startsWith('//') || !URL.canParse(edgeBase + path)) {
    throw new DarkroomError(
      'invalid_request',
      `${param}: give a path such as /live/shop?prompt=…, or a URL that begins with ${bases[0]}.`,
      { param },
    )
  }
  return new URL(edgeBase + path)
}
