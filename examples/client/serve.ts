import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { pictureMarkup } from '@darkroom/client/markup'
import sharp from 'sharp'
import { makeBrowserFiles } from '../../scripts/browser-files.ts'

/**
 * One photo at six sizes, made by the server and made in the page: `node examples/client/serve.ts [photo] [port]`.
 * A server of pictures in fifty lines stands in for Darkroom, whose `/images/{id}?w=` answers the same way.
 */

export interface Demo {
  readonly url: string
  close(): Promise<void>
}

/** In CSS pixels. */
const shownPx = [96, 160, 240, 320, 480, 720]

/** What the page needs and no more: its own files, WebAssembly, a worker. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"

export async function startDemo(photo: string, port: number = 0): Promise<Demo> {
  const bytes = await readFile(photo)
  const { width, height } = await sharp(bytes).metadata()
  const client = await makeBrowserFiles()
  const page = await pageHtml(width, height)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://here')
    const send = (type: string, body: string | Uint8Array, headers: Record<string, string> = {}): void => {
      response
        .writeHead(200, { 'content-type': type, 'content-security-policy': policy, ...headers })
        .end(body)
    }
    const file = client[url.pathname.replace('/client/', '')]
    if (file !== undefined) {
      return send(url.pathname.endsWith('.js') ? 'text/javascript' : 'application/wasm', file)
    }
    if (url.pathname.startsWith('/images/')) {
      const w = Math.min(width, Math.max(1, Math.floor(Number(url.searchParams.get('w') ?? width)) || width))
      const startedAt = performance.now()
      return void variantOf(bytes, w).then((made) =>
        send('image/webp', made, {
          'cache-control': 'public, max-age=31536000, immutable',
          'server-timing': `encode;dur=${(performance.now() - startedAt).toFixed(1)}`,
        }),
      )
    }
    const own = {
      '/': ['index.html', 'text/html; charset=utf-8'],
      '/page.js': ['page.js', 'text/javascript'],
      '/page.css': ['page.css', 'text/css'],
    }
    const [name, type] = own[url.pathname as keyof typeof own] ?? []
    if (name === undefined || type === undefined) return void response.writeHead(404).end()
    if (name === 'index.html') return send(type, page)
    void readFile(join(import.meta.dirname, name)).then((body) => send(type, body))
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function variantOf(bytes: Uint8Array, width: number): Promise<Uint8Array> {
  return await sharp(bytes).rotate().resize({ width }).webp({ quality: 80 }).toBuffer()
}

async function pageHtml(width: number, height: number): Promise<string> {
  const template = await readFile(join(import.meta.dirname, 'index.html'), 'utf8')
  const heightAt = (px: number): number => Math.round((px * height) / width)
  const figure = (px: number, image: string): string =>
    `<figure data-px="${px}">${image}<figcaption>${px} px<output>…</output></figcaption></figure>`
  const servers = shownPx.map((px) =>
    figure(px, `<img src="/images/server?w=${px}" width="${px}" height="${heightAt(px)}" alt="">`),
  )
  const clients = shownPx.map((px) =>
    figure(
      px,
      `<darkroom-img src="/images/client" width="${px}" height="${heightAt(px)}" alt=""></darkroom-img>`,
    ),
  )
  const plain = pictureMarkup({
    src: '/images/markup',
    alt: 'The photo',
    widthPx: width,
    heightPx: height,
    sizes: '240px',
  })
  return template
    .replace('<!-- server -->', servers.join(''))
    .replace('<!-- client -->', clients.join(''))
    .replace('<!-- markup -->', plain)
}

if (import.meta.main) {
  const photo = process.argv[2] ?? join(import.meta.dirname, '../../docs/pictures/sailboat.jpg')
  const demo = await startDemo(resolve(photo), Number(process.argv[3] ?? 8790))
  process.stdout.write(`${demo.url}\n`)
}
