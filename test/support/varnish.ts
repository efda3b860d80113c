import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from './server-process.ts'

/** A Varnish of this machine with the VCL of `examples/varnish`. */
export interface Varnish {
  readonly url: string
  stop(): Promise<void>
}

const vmods = ['/usr/lib', '/usr/lib64', '/usr/local/lib']

/** Why none can be started here; `undefined` where one can. Debian's packages are `varnish`, `varnish-modules`. */
export function varnishMissing(): string | undefined {
  if (programOf('varnishd') === undefined) return 'varnishd not found; CI installs Varnish'
  return vmods.some(hasXkey) ? undefined : 'vmod_xkey not found; CI installs varnish-modules'
}

/** `/usr/sbin` is in few users' PATH. */
function programOf(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function hasXkey(folder: string): boolean {
  try {
    const names = readdirSync(folder, { withFileTypes: true })
    return ['.', ...names.flatMap((each) => (each.isDirectory() ? [each.name] : []))].some((name) =>
      hasFile(join(folder, name, 'varnish', 'vmods', 'libvmod_xkey.so')),
    )
  } catch {
    return false
  }
}

function hasFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** Starts it in front of a server. @param origin `http://127.0.0.1:1234` */
export async function startVarnish(origin: string): Promise<Varnish> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-varnish-'))
  const example = new URL('../../examples/varnish/darkroom.vcl', import.meta.url)
  const vcl = (await readFile(example, 'utf8')).replace('"8787"', `"${new URL(origin).port}"`)
  const path = join(folder, 'darkroom.vcl')
  await writeFile(path, vcl)
  const port = await freePort()
  const options = ['-F', '-j', 'none', '-n', folder, '-a', `127.0.0.1:${port}`, '-s', 'malloc,64m']
  const child = spawn(programOf('varnishd') ?? 'varnishd', [...options, '-f', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void printed.push(chunk.toString()))
  const url = `http://127.0.0.1:${port}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`varnishd ended with ${child.exitCode}: ${printed.join('')}`)
    // Answered by Varnish itself: nothing need be behind it yet.
    const answer = await fetch(url, { method: 'PURGE' }).catch(() => undefined)
    return answer?.status === 400 ? true : undefined
  })
  return {
    url,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
