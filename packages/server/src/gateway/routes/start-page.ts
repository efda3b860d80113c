import { readFileSync } from 'node:fs'
import type { Route } from '../route.ts'

/** The same distance from `src/gateway/routes` and from the packed `dist/gateway/routes`. */
const folder = new URL('../../../static/start/', import.meta.url)

const files: Readonly<Record<string, { file: string; mediaType: string }>> = {
  '/': { file: 'index.html', mediaType: 'text/html; charset=utf-8' },
  '/start.css': { file: 'start.css', mediaType: 'text/css; charset=utf-8' },
  '/start.js': { file: 'start.js', mediaType: 'text/javascript; charset=utf-8' },
  '/favicon.svg': { file: 'favicon.svg', mediaType: 'image/svg+xml' },
}

/** No inline script or style, nothing from elsewhere, no framing: prompts of strangers are shown on this page. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
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
          headers: { ...securityHeaders, 'content-type': mediaType, 'cache-control': 'no-cache' },
        }),
    }
  })
}
