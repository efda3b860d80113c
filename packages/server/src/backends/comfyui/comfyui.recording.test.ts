import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventsOf, failureOf } from '../openai/testing/run-request.ts'
import { testPng } from '../openai/testing/test-png.ts'
import { createComfyBackend } from './comfyui-backend.ts'
import { toyMapping, toyNodes, workflowFolder } from './testing/toy-workflow.ts'

interface Scenario {
  name: string
  http: { res: { status: number; body: { prompt_id: string } }; history: Record<string, unknown> }[]
  ws: { json?: object; bin?: string; len?: number }[]
}

const path = [join(import.meta.dirname, '../../../../../../shared/fixtures', 'comfyui.json')].find((each) =>
  existsSync(each),
)

interface Replay {
  baseUrl: string
  views: string[]
  close: () => Promise<void>
}

/** Real HTTP and WebSocket servers that say what was recorded. @param socket whether the socket says it */
async function replay(context: TestContext, name: string, socket: 'speaks' | 'is cut'): Promise<Replay> {
  if (path === undefined) return context.skip('the recordings are not on this machine')
  const { scenarios } = JSON.parse(readFileSync(path, 'utf8')) as { scenarios: Scenario[] }
  const scenario = scenarios.find((each) => each.name === name)
  const [exchange] = scenario?.http ?? []
  if (scenario === undefined || exchange === undefined) throw new Error(`There is no scenario ${name}`)
  const views: string[] = []
  let speak = (): void => {}
  const server = createServer((request, response) => {
    const json = (body: unknown): void => void response.end(JSON.stringify(body))
    response.setHeader('content-type', 'application/json')
    request.resume()
    if (request.url === '/prompt') {
      json(exchange.res.body)
      setImmediate(speak)
    } else if (request.url?.startsWith('/history/') === true) json(exchange.history)
    else if (request.url?.startsWith('/view') === true) {
      views.push(request.url)
      response.setHeader('content-type', 'image/png')
      response.end(testPng(32, 32, name))
    } else json({ queue_running: [], queue_pending: [] })
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (opened) => {
    speak = () => {
      if (socket === 'is cut') return opened.terminate()
      for (const { json, bin } of scenario.ws) {
        if (json !== undefined) opened.send(JSON.stringify(json))
        // Previews were recorded by their beginning: enough for the framing, too little for a picture.
        else if (bin !== undefined) opened.send(Buffer.from(bin.replace('…', ''), 'hex'))
      }
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    views,
    close: () =>
      new Promise((resolve) => {
        sockets.close()
        for (const client of sockets.clients) client.terminate()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const poll = { withSocketMs: 60_000, withoutSocketMs: 1 }
const ask = { model: 'toy.json', widthPx: 32, heightPx: 32 }

async function withReplay(
  context: TestContext,
  name: string,
  socket: 'speaks' | 'is cut',
  act: (backend: ReturnType<typeof createComfyBackend>, server: Replay) => Promise<void>,
): Promise<void> {
  const server = await replay(context, name, socket)
  const { folder, remove } = workflowFolder({ 'toy.json': { ...toyNodes, darkroom: toyMapping } })
  const backend = createComfyBackend({ baseUrl: server.baseUrl, workflowFolder: folder, poll })
  try {
    await act(backend, server)
  } finally {
    await backend.close()
    await server.close()
    remove()
  }
}

const files = [
  ['success-preview-meta', 'rec_00001_.png'],
  ['success-legacy-preview', 'rec_00002_.png'],
  ['cached-repeat', 'rec_00002_.png'],
  ['cached-repeat-after-file-deleted', 'rec_00002_.png'],
] as const

test.for(files)('ComfyUI, %s: the file that it names is fetched', async ([name, file], context) => {
  await withReplay(context, name, 'speaks', async (backend, server) => {
    const events = await eventsOf(backend, ask)
    expect(events.map((event) => event.type)).toContain('started')
    expect(events.at(-1)?.type).toBe('done')
    expect(server.views).toEqual([expect.stringContaining(file)])
    const steps = events.flatMap((event) => (event.type === 'progress' ? [event.step] : []))
    if (name.startsWith('success')) expect(steps).toEqual([1, 2])
  })
})

test('ComfyUI, a socket that is cut: the history says the same', async (context) => {
  await withReplay(context, 'success-preview-meta', 'is cut', async (backend, server) => {
    expect((await eventsOf(backend, ask)).at(-1)?.type).toBe('done')
    expect(server.views).toEqual([expect.stringContaining('rec_00001_.png')])
  })
})

test.for(['speaks', 'is cut'] as const)(
  'ComfyUI, out of memory told from an interrupt when the socket %s',
  async (socket, context) => {
    await withReplay(context, 'runtime-error', socket, async (backend) => {
      expect(await failureOf(backend, ask)).toMatchObject({ code: 'backend_out_of_memory', retry: 'smaller' })
    })
    await withReplay(context, 'interrupt', socket, async (backend) => {
      expect(await failureOf(backend, ask)).toMatchObject({ code: 'backend_failed', retry: 'same' })
    })
  },
)
