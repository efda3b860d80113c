import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import type { BrowserKind, LaunchOptions, TestBrowser, TestPage } from './browser.ts'
import { asJson, fromJson } from './browser.ts'

const executablePath = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync)

/** Debian's Firefox, by WebDriver BiDi, which it speaks itself. playwright-core asks for commands that ESR lacks. */
export const firefoxKind: BrowserKind = {
  name: 'Firefox',
  missing: executablePath === undefined ? 'no Firefox is installed here' : undefined,
  launch,
}

async function launch({ resistsFingerprinting = false }: LaunchOptions = {}): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-firefox-'))
  const preferences = { 'privacy.resistFingerprinting': resistsFingerprinting, 'remote.active-protocols': 1 }
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${value});\n`)
  await writeFile(join(folder, 'user.js'), lines.join(''))
  const options = ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', folder]
  const child = spawn(executablePath ?? '', options, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const connection = await connect(await addressOf(child.stderr))
  await connection.ask('session.new', { capabilities: {} })
  return {
    newProfile: async ({ pixelRatio = 1 } = {}) => {
      const { userContext } = await connection.ask('browser.createUserContext', {})
      return {
        newPage: () => newPage(connection, userContext, pixelRatio),
        close: async () => void (await connection.ask('browser.removeUserContext', { userContext })),
      }
    },
    close: async () => {
      await connection.ask('browser.close', {}).catch(() => child.kill())
      await ended
      connection.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

/** Firefox prints where it listens; all it prints is read, or it would stop. */
async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  return await new Promise((resolve, reject) => {
    createInterface(stderr)
      .on('line', (line) => {
        const found = /WebDriver BiDi listening on (ws:\S+)/u.exec(line)
        if (found?.[1] !== undefined) resolve(`${found[1]}/session`)
      })
      .once('close', () => reject(new Error('Firefox ended before it listened.')))
  })
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many commands, each read once
type Answer = any

interface Connection {
  ask(method: string, params: object): Promise<Answer>
  onEvent(method: string, listener: (params: Answer) => void): () => void
  close(): void
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url)
  const asked = new Map<number, { resolve(result: Answer): void; reject(error: Error): void }>()
  const listeners = new Map<string, Set<(params: Answer) => void>>()
  let lastId = 0
  socket.on('message', (data: Buffer) => {
    const message: Answer = JSON.parse(data.toString())
    if (message.type === 'event') for (const each of listeners.get(message.method) ?? []) each(message.params)
    const entry = asked.get(message.id)
    asked.delete(message.id)
    if (message.type === 'success') entry?.resolve(message.result)
    else entry?.reject(new Error(`${message.error}: ${message.message}`))
  })
  const lose = (): void => {
    for (const { reject } of asked.values()) reject(new Error('Firefox has ended.'))
  }
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', lose).on('close', lose)
  return {
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++lastId
        asked.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    onEvent(method, listener) {
      const known = listeners.get(method) ?? new Set()
      listeners.set(method, known.add(listener))
      return () => known.delete(listener)
    },
    close: () => socket.close(),
  }
}

const keys = { Tab: '\u{e004}', Enter: '\u{e007}' } as const

async function newPage(connection: Connection, userContext: string, pixelRatio: number): Promise<TestPage> {
  const { context } = await connection.ask('browsingContext.create', { type: 'tab', userContext })
  const viewport = { width: 1000, height: 800 }
  await connection.ask('browsingContext.setViewport', { context, viewport, devicePixelRatio: pixelRatio })
  const { subscription } = await connection.ask('session.subscribe', {
    events: ['log.entryAdded'],
    contexts: [context],
  })
  const complaints: string[] = []
  const leave = connection.onEvent('log.entryAdded', ({ level, text, source }) => {
    if (source.context === context && level === 'error') complaints.push(text)
  })
  return {
    complaints,
    goto: async (url) =>
      void (await connection.ask('browsingContext.navigate', { context, url, wait: 'complete' })),
    async evaluate(expression) {
      const { type, result, exceptionDetails } = await connection.ask('script.evaluate', {
        expression: asJson(expression),
        target: { context },
        awaitPromise: true,
      })
      if (type !== 'success') throw new Error(exceptionDetails.text)
      return fromJson(result.value)
    },
    async press(key) {
      const value = keys[key]
      const actions = [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]
      const source = { type: 'key', id: 'keyboard', actions }
      await connection.ask('input.performActions', { context, actions: [source] })
    },
    async close() {
      leave()
      await connection.ask('session.unsubscribe', { subscriptions: [subscription] })
      await connection.ask('browsingContext.close', { context })
    },
  }
}
