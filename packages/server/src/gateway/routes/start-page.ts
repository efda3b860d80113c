import { readFileSync } from 'node:fs'
import { pageHeaders } from '../page-headers.ts'
import type { Route } from '../route.ts'

/** The same distance from `src/gateway/routes` and from the packed `dist/gateway/routes`. */
const folder = new URL('../../../static/start/', import.meta.url)

const files: Readonly<Record<string, { file: string; mediaType: string }>> = {
  '/': { file: 'index.html', mediaType: 'text/html; charset=utf-8' },
  '/start.css': { file: 'start.css', mediaType: 'text/css; charset=utf-8' },
  '/start.js': { file: 'start.js', mediaType: 'text/javascript; charset=utf-8' },
  '/favicon.svg': { file: 'favicon.svg', mediaType: 'image/svg+xml' },
}

/** The start page: a prompt box and the last pictures. Its files are read once, at start. */
export function startPageRoutes(): Route[] {
  return Object.entries(files).map(([path, { file, mediaType }]): Route => {
    const bytes = readFileSync(new URL(file, folder))
    return {
      method: 'GET',
      path,
      right: 'open',
      summary:
        path === '/' ? 'The start page: a prompt box and the last pictures' : 'A file of the start page',
      answers: { 200: { about: 'The file.', mediaType } },
      handle: () =>
        new Response(bytes, {
          headers: { ...pageHeaders, 'content-type': mediaType, 'cache-control': 'no-cache' },
        }),
    }
  })
}
