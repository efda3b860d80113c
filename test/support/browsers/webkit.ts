import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserKind, TestBrowser, TestPage, TestProfile } from './browser.ts'
import { asJson, fromJson } from './browser.ts'

const driverPath = '/usr/bin/WebKitWebDriver'
/** A screen that is not there. GTK's own Broadway gives windows no size. */
const screenPath = '/usr/bin/Xvfb'
const browserPath = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((machine) => `/usr/lib/${machine}/webkit2gtk-4.1/MiniBrowser`)
  .find(existsSync)
const isInstalled = browserPath !== undefined && existsSync(driverPath) && existsSync(screenPath)

/** WebKitGTK's MiniBrowser, by W3C WebDriver: the engine of Safari. */
export const webkitKind: BrowserKind = {
  name: 'WebKit',
  missing: isInstalled ? undefined : 'no webkit2gtk-driver and xvfb are installed here',
  launch,
}

async function launch(): Promise<TestBrowser> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-webkit-'))
  const screen = spawn(screenPath, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  // It says which number it took.
  const [display] = (await once(screen.stdout, 'data')) as [Buffer]
  const env = {
    ...process.env,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    XDG_CACHE_HOME: folder,
    GDK_BACKEND: 'x11',
    DISPLAY: `:${display.toString().trim()}`,
    NO_AT_BRIDGE: '1',
  }
  const port = await freePort()
  const driver = spawn(driverPath, [`--port=${port}`], { env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/status`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await pause()
  return {
    newProfile: () => newSession(url),
    close: async () => {
      await Promise.all([driver, screen].map(end))
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

async function newSession(url: string): Promise<TestProfile> {
  const options = { binary: browserPath, args: ['--automation'] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
  const { sessionId } = (await ask(`${url}/session`, { capabilities })) as { sessionId: string }
  const session = `${url}/session/${sessionId}`
  await ask(`${session}/timeouts`, { script: 60_000 })
  await ask(`${session}/window/rect`, { x: 0, y: 0, width: 1000, height: 900 })
  return {
    newPage: () => Promise.resolve(pageOf(session)),
    close: async () => void (await fetch(session, { method: 'DELETE' })),
  }
}

const keys = { Tab: '\u{e004}', Enter: '\u{e007}' } as const

function pageOf(session: string): TestPage {
  const goto = async (url: string): Promise<void> => void (await ask(`${session}/url`, { url }))
  return {
    complaints: [],
    goto,
    async evaluate(expression) {
      const script = `const done = arguments[0]; ${asJson(expression)}.then(done)`
      return fromJson(await ask(`${session}/execute/async`, { script, args: [] }))
    },
    async press(key) {
      const value = keys[key]
      const actions = [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]
      await ask(`${session}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    close: () => goto('about:blank'),
  }
}

async function ask(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const { value } = (await response.json()) as { value: unknown }
  if (!response.ok) throw new Error(`WebKit: ${JSON.stringify(value)}`)
  return value
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30))
}

/** The driver tells nobody which port it took: one that is free now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
