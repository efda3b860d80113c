import type { PageFile } from '@darkroom/dashboard'
import { PagesNotBuiltError } from '@darkroom/dashboard'
import { DarkroomError } from '../../errors.ts'
import { pageHeaders } from '../page-headers.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

type DashboardServices = Pick<GatewayServices, 'access' | 'pages' | 'version'>

/** The three views, which are one page: it looks at its own address. */
const views: readonly { path: string; summary: string }[] = [
  { path: '/dashboard/', summary: 'The dashboard: how the platform is, where the time goes, what was saved' },
  {
    path: '/dashboard/playground',
    summary: 'The playground: a picture as it comes, and the carousel editor',
  },
  { path: '/docs', summary: 'The API reference, made of /openapi.json' },
]

/** The dashboard, the playground and the API reference as files. They are open to all, and show nothing by themselves. */
export function dashboardRoutes(services: DashboardServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/dashboard',
      right: 'open',
      summary: 'Where the dashboard is',
      answers: { 308: { about: 'At /dashboard/.' } },
      handle: () => new Response(null, { status: 308, headers: { location: '/dashboard/' } }),
    },
    ...views.map(({ path, summary }): Route => ({
      method: 'GET',
      path,
      right: 'open',
      summary,
      answers: {
        200: { about: 'The page.', mediaType: 'text/html' },
        304: { about: 'It is the one you have (If-None-Match).' },
        503: { about: 'It could not be built, in a checkout.' },
      },
      handle: (context) => serveFile(context, services, 'index.html'),
    })),
    {
      method: 'GET',
      path: '/dashboard/assets/{file}',
      right: 'open',
      summary: 'A file of these pages, immutable',
      answers: { 200: { about: 'The file.' }, 404: { about: 'There is none of this name.' } },
      handle: (context) => serveFile(context, services, `assets/${context.params['file'] ?? ''}`),
    },
    aboutRoute(services),
  ]
}

/** What the page must know before it asks for anything: whether it needs a key. */
function aboutRoute({ access, version }: DashboardServices): Route {
  return {
    method: 'GET',
    path: '/dashboard/about.json',
    right: 'open',
    summary: 'The version, and whether keys are asked for',
    answers: { 200: { about: 'version and access.', mediaType: 'application/json' } },
    handle: () => json(200, { version, access: access.mode }),
  }
}

async function serveFile(
  { request }: RouteContext,
  { pages }: DashboardServices,
  path: string,
): Promise<Response> {
  const file = await pages.file(path).catch((error: unknown) => {
    if (error instanceof PagesNotBuiltError)
      throw new DarkroomError('not_ready', error.message.split('\n')[0] ?? '', { cause: error })
    throw error
  })
  if (file === undefined) throw new DarkroomError('not_found', 'There is no such file of the dashboard.')
  const inBrotli = acceptsBrotli(request.headers.get('accept-encoding'))
  const headers = headersOf(file, inBrotli)
  const known =
    request.headers
      .get('if-none-match')
      ?.split(',')
      .map((tag) => tag.trim()) ?? []
  if (known.includes(headers['etag'] ?? '')) return new Response(null, { status: 304, headers })
  return new Response(inBrotli ? file.brotli : file.bytes, { headers })
}

function headersOf(file: PageFile, inBrotli: boolean): Record<string, string> {
  return {
    ...pageHeaders,
    'content-type': file.mediaType,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    // Two encodings are two representations (RFC 9110 §8.8.3).
    etag: `"${file.sha256.slice(0, 32)}${inBrotli ? '-br' : ''}"`,
    vary: 'accept-encoding',
    ...(inBrotli ? { 'content-encoding': 'br' } : {}),
  }
}

/** Whether `br` is named and not refused by `q=0` (RFC 9110 §12.5.3). */
function acceptsBrotli(header: string | null): boolean {
  return (header ?? '')
    .split(',')
    .some((part) => /^\s*br\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/iu.test(part))
}
