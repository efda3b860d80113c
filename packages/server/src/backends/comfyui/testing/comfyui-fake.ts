import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type WebSocket from 'ws'
import { WebSocketServer } from 'ws'
import { createCounter } from '../../openai/testing/counter.ts'
import { testPng } from '../../openai/testing/test-png.ts'
import { failureOf, previewFrame } from './fake-messages.ts'

/** How the fake behaves. */
export type ComfyFakeMode =
  | 'ok'
  /** Runs until it is interrupted. */
  | 'hang'
  | 'out-of-memory'
  | 'runtime-error'
  | 'interrupted'
  /** Its sockets and its port are gone in the middle of a job. */
  | 'crash'
  | 'no-image'
  | 'not-an-image'
  | 'html'
  | 'wrong-size'
  | 'missing-file'
  | 'many-previews'
  /** Sockets are cut when a job begins. */
  | 'socket-dies'
  /** Sockets are refused. */
  | 'no-socket'
  /** Sockets live and say nothing. */
  | 'silent-socket'
  | 'loading'
  | 'huge-picture'
  | 'forgets-jobs'

type Nodes = Record<string, { class_type: string; inputs: Record<string, unknown> }>

/** A workflow that was queued. */
export interface ComfyFakeJob {
  id: string
  clientId: string
  nodes: Nodes
}

export interface ComfyFake {
  readonly baseUrl: string
  mode: ComfyFakeMode
  readonly jobs: readonly ComfyFakeJob[]
  /** Names of uploads, with their bytes. */
  readonly uploads: ReadonlyMap<string, Buffer>
  readonly interrupts: readonly string[]
  readonly freed: number
  waitForJobs(count: number): Promise<void>
  /** Settles when that many jobs were executed or are being executed. */
  waitForStarts(count: number): Promise<void>
  /** Settles when that many jobs were interrupted, or deleted while they waited. */
  waitForCancels(count: number): Promise<void>
  close(): Promise<void>
}

interface Entry {
  outputs: Record<string, unknown>
  status: { status_str: string; completed: boolean; messages: unknown[] }
}

/**
 * A server that behaves as ComfyUI's did when it was recorded (commit a125cd8): one queue, messages to the job's own
 * socket, the same words for the same ends. Its pictures are made of the prompt, the seed and the inputs.
 */
export async function startComfyFake(mode: ComfyFakeMode = 'ok'): Promise<ComfyFake> {
  const fake = new Fake(mode)
  await fake.listen()
  return fake
}

class Fake implements ComfyFake {
  mode: ComfyFakeMode
  readonly jobs: ComfyFakeJob[] = []
  readonly uploads = new Map<string, Buffer>()
  readonly interrupts: string[] = []
  freed = 0
  readonly #http: Server
  readonly #sockets = new Map<string, { socket: WebSocket; metadata: boolean }>()
  readonly #waiting: ComfyFakeJob[] = []
  readonly #history = new Map<string, Entry>()
  readonly #files = new Map<string, Buffer>()
  readonly #arrived = createCounter()
  readonly #started = createCounter()
  readonly #cancelled = createCounter()
  #running: { job: ComfyFakeJob; interrupt: () => void } | undefined
  #closing: Promise<void> | undefined
  baseUrl = ''

  constructor(mode: ComfyFakeMode) {
    this.mode = mode
    this.#http = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
    const sockets = new WebSocketServer({ noServer: true })
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.mode === 'no-socket') socket.destroy()
      else sockets.handleUpgrade(request, socket, head, (opened) => this.#welcome(request, opened))
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve))
    this.baseUrl = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  waitForJobs(count: number): Promise<void> {
    return this.#arrived.waitFor(count)
  }

  waitForStarts(count: number): Promise<void> {
    return this.#started.waitFor(count)
  }

  waitForCancels(count: number): Promise<void> {
    return this.#cancelled.waitFor(count)
  }

  close(): Promise<void> {
    this.#running?.interrupt()
    this.#closing ??= new Promise((resolve) => {
      for (const { socket } of this.#sockets.values()) socket.terminate()
      this.#http.close(() => resolve())
      this.#http.closeAllConnections()
    })
    return this.#closing
  }

  #welcome(request: IncomingMessage, socket: WebSocket): void {
    const sid = new URL(request.url ?? '/', this.baseUrl).searchParams.get('clientId') ?? ''
    const own = { socket, metadata: false }
    this.#sockets.set(sid, own)
    socket.on('message', (data) => {
      own.metadata = (data as Buffer).toString().includes('supports_preview_metadata')
    })
    this.#send(sid, 'status', { status: { exec_info: { queue_remaining: this.#remaining() } }, sid })
  }

  #remaining(): number {
    return this.#waiting.length + (this.#running === undefined ? 0 : 1)
  }

  #send(sid: string, type: string, data: object): void {
    if (this.mode === 'silent-socket' && type !== 'status') return
    this.#sockets.get(sid)?.socket.send(JSON.stringify({ type, data }))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.baseUrl)
    const body = await new Response(Readable.toWeb(request) as ReadableStream<Uint8Array>).arrayBuffer()
    const type = request.headers['content-type'] ?? ''
    const json = type.startsWith('application/json')
      ? (JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>)
      : {}
    const route = `${request.method} ${url.pathname.replace(/^\/history\/.*/u, '/history/{id}')}`
    if (this.mode === 'loading') return send(response, 503, { error: 'starting' })
    switch (route) {
      case 'GET /system_stats':
        return send(response, 200, { system: { comfyui_version: '0.0.0' }, devices: [] })
      case 'GET /queue':
        return send(response, 200, this.#queue())
      case 'GET /history/{id}':
        return send(response, 200, this.#historyOf(url.pathname.slice('/history/'.length)))
      case 'GET /view':
        return this.#view(url, response)
      case 'POST /prompt':
        return this.#prompt(json, response)
      case 'POST /queue':
        return this.#delete(json['delete'], response)
      case 'POST /interrupt':
        return this.#interrupt(json['prompt_id'], response)
      case 'POST /free':
        this.freed += 1
        return send(response, 200, {})
      case 'POST /upload/image':
        return await this.#upload(body, type, response)
      default:
        return send(response, 404, {})
    }
  }

  #queue(): object {
    const entry = (job: ComfyFakeJob): unknown[] => [0, job.id, job.nodes, {}, []]
    const running = this.#running === undefined ? [] : [entry(this.#running.job)]
    return { queue_running: running, queue_pending: this.#waiting.map(entry) }
  }

  #historyOf(id: string): object {
    const entry = this.#history.get(id)
    return entry === undefined ? {} : { [id]: entry }
  }

  #view(url: URL, response: ServerResponse): void {
    const name = `${url.searchParams.get('subfolder') ?? ''}/${url.searchParams.get('filename') ?? ''}`
    const file = this.#files.get(name)
    if (file === undefined || this.mode === 'missing-file') return send(response, 404, {})
    if (this.mode === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' })
      return void response.end('<!doctype html><title>Login</title>')
    }
    if (this.mode === 'huge-picture') {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': 400 * 1024 * 1024 })
      return void response.write(file)
    }
    response.writeHead(200, { 'content-type': 'image/png' })
    response.end(this.mode === 'not-an-image' ? 'no picture' : file)
  }

  #prompt(json: Record<string, unknown>, response: ServerResponse): void {
    const nodes = json['prompt'] as Nodes
    const tooWide = Object.entries(nodes).find(([, node]) => Number(node.inputs['width'] ?? 0) > 16_384)
    const absent = Object.entries(nodes).find(([, node]) => node.inputs['ckpt_name'] === 'absent.safetensors')
    const [id] = tooWide ?? absent ?? []
    if (id !== undefined) {
      const fault =
        tooWide === undefined
          ? {
              type: 'value_not_in_list',
              message: 'Value not in list',
              details: "ckpt_name: 'absent.safetensors'",
            }
          : { type: 'value_bigger_than_max', message: 'Value is bigger than max of 16384', details: 'width' }
      const error = { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation' }
      return send(response, 400, { error, node_errors: { [id]: { errors: [fault] } } })
    }
    const job = { id: json['prompt_id'] as string, clientId: String(json['client_id']), nodes }
    this.jobs.push(job)
    this.#arrived.increment()
    if (this.mode !== 'forgets-jobs') this.#waiting.push(job)
    send(response, 200, { prompt_id: job.id, number: this.jobs.length, node_errors: {} })
    this.#send(job.clientId, 'status', { status: { exec_info: { queue_remaining: this.#remaining() } } })
    void this.#work()
  }

  #delete(ids: unknown, response: ServerResponse): void {
    for (const id of Array.isArray(ids) ? ids : []) {
      const index = this.#waiting.findIndex((job) => job.id === id)
      if (index === -1) continue
      this.#waiting.splice(index, 1)
      this.#cancelled.increment()
    }
    response.writeHead(200).end()
  }

  #interrupt(id: unknown, response: ServerResponse): void {
    this.interrupts.push(String(id))
    if (this.#running !== undefined && (id === undefined || this.#running.job.id === id)) {
      this.#running.interrupt()
      this.#cancelled.increment()
    }
    response.writeHead(200).end()
  }

  async #upload(body: ArrayBuffer, type: string, response: ServerResponse): Promise<void> {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData()
    const image = form.get('image') as File
    const subfolder = form.get('subfolder') as string
    this.uploads.set(`${subfolder}/${image.name}`, Buffer.from(await image.arrayBuffer()))
    send(response, 200, { name: image.name, subfolder, type: 'input' })
  }

  async #work(): Promise<void> {
    if (this.#running !== undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) return
    const interrupted = Promise.withResolvers<'interrupted'>()
    this.#running = { job, interrupt: () => interrupted.resolve('interrupted') }
    this.#started.increment()
    await this.#execute(job, interrupted.promise)
    this.#running = undefined
    if (this.#closing === undefined) void this.#work()
  }

  async #execute(job: ComfyFakeJob, interrupted: Promise<'interrupted'>): Promise<void> {
    const { id, clientId } = job
    const about = { prompt_id: id }
    const tell = (type: string, data: object = {}): void => this.#send(clientId, type, { ...about, ...data })
    tell('execution_start')
    tell('execution_cached', { nodes: [] })
    if (this.mode === 'crash') return await this.close()
    if (this.mode === 'socket-dies') this.#sockets.get(clientId)?.socket.terminate()
    tell('executing', { node: '3' })
    const end = this.mode === 'hang' ? await interrupted : await this.#sample(job, tell)
    if (end === 'interrupted') return this.#end(job, 'execution_interrupted', { ...about, node_id: '3' })
    const fault = failureOf(this.mode)
    if (fault !== undefined) return this.#end(job, 'execution_error', { ...about, ...fault })
    const images = this.mode === 'no-image' ? [] : [this.#save(job)]
    tell('executed', { node: '9', output: { images } })
    this.#history.set(id, entryOf('success', { '9': { images } }, []))
    tell('execution_success')
    tell('executing', { node: null })
  }

  async #sample(
    job: ComfyFakeJob,
    tell: (type: string, data: object) => void,
  ): Promise<'sampled' | 'interrupted'> {
    const steps = Number(job.nodes['3']?.inputs['steps'])
    const count = this.mode === 'many-previews' ? Math.max(steps, 12) : steps
    for (let value = 1; value <= count; value += 1) {
      const node = { value, max: count, state: 'running', node_id: '3', prompt_id: job.id }
      tell('progress_state', { nodes: { '3': node } })
      tell('progress', { value, max: count, node: '3' })
      const own = this.#sockets.get(job.clientId)
      if (this.mode !== 'silent-socket') own?.socket.send(previewFrame(job.id, `step ${value}`, own.metadata))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this.mode === 'interrupted' ? 'interrupted' : 'sampled'
  }

  #end(job: ComfyFakeJob, type: string, data: object): void {
    this.#history.set(job.id, entryOf('error', {}, [[type, data]]))
    this.#send(job.clientId, type, data)
    this.#send(job.clientId, 'executing', { prompt_id: job.id, node: null })
  }

  #save(job: ComfyFakeJob): object {
    const inputs = (id: string): Record<string, unknown> => job.nodes[id]?.inputs ?? {}
    const { seed, denoise } = inputs('3')
    const text = JSON.stringify([
      inputs('6')['text'],
      inputs('7')['text'],
      seed,
      denoise,
      inputs('10'),
      inputs('11'),
    ])
    const extra = this.mode === 'wrong-size' ? 8 : 0
    const picture = testPng(Number(inputs('5')['width']) + extra, Number(inputs('5')['height']), text)
    const [subfolder = '', prefix = ''] = String(inputs('9')['filename_prefix']).split('/')
    const filename = `${prefix}_00001_.png`
    this.#files.set(`${subfolder}/${filename}`, picture)
    return { filename, subfolder, type: 'output' }
  }
}

function entryOf(status: string, outputs: Record<string, unknown>, messages: unknown[]): Entry {
  return { outputs, status: { status_str: status, completed: status === 'success', messages } }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
