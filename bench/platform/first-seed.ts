import { spawn } from 'node:child_process'
import { hash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { slides } from '../carousel/subject.ts'
import { makeNaive } from '../carousel/naive.ts'

/**
 * A program: the seeds' architectures as they were, small. Pictures (first seed): no cache before the server and no
 * sharing; what is there is looked up in storage and answered with a redirect to it; what is not is made by a worker
 * that starts for it, which puts the picture into storage, from where the reader gets it. Carousels (second seed): for
 * each slide the photo is downloaded, decoded, measured and overlaid.
 *
 * Kinder than the original: storage is this machine's disk behind a socket of this machine, without any network.
 */
const [directory = '', modelUrl = ''] = process.argv.slice(2)
const worker = new URL('cold-worker.ts', import.meta.url).pathname
await mkdir(directory, { recursive: true })

const storage = createServer((request, response) => void serveStorage(request, response))
storage.listen(0, '127.0.0.1')
await once(storage, 'listening')
const storageUrl = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`

const server = createServer((request, response) => {
  const answer = request.method === 'POST' ? carousel(request, response) : picture(request, response)
  answer.catch((error: unknown) => response.writeHead(500).end(String(error)))
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`open http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`)
})

async function serveStorage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = join(directory, (request.url ?? '/').slice(1))
  if (request.method === 'PUT') {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const part = `${file}.${randomUUID()}`
    await writeFile(part, Buffer.concat(parts), { flush: true })
    await rename(part, file)
    response.writeHead(201).end()
    return
  }
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': found.size })
  response.end(request.method === 'HEAD' ? undefined : await readFile(file))
}

async function picture(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const prompt = new URL(request.url ?? '/', 'http://seed').searchParams.get('prompt') ?? ''
  const stored = `${storageUrl}/${hash('sha256', prompt)}.png`
  if ((await fetch(stored, { method: 'HEAD' })).status !== 200) {
    const child = spawn(process.execPath, [worker, modelUrl, prompt, stored], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`the worker ended with ${code}`)
  }
  response.writeHead(302, { location: stored }).end()
}

async function carousel(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url } = (await json(request)) as { url: string }
  const made = await makeNaive(url, slides, { shared: 'nothing', shadow: true })
  const name = hash('sha256', url)
  const urls = await Promise.all(
    made.map(async (bytes, index) => {
      const stored = `${storageUrl}/${name}-${index}.jpg`
      await fetch(stored, { method: 'PUT', body: Buffer.from(bytes) })
      return stored
    }),
  )
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ urls }))
}
