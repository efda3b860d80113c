import { execFile } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Debian's place for it. */
const root = '/usr/lib/postgresql'

/** A PostgreSQL of this machine's packages, on a Unix socket, with the settings it comes with. */
export interface ExternalPostgres {
  readonly version: string
  readonly url: string
  stop(): Promise<void>
}

/** `undefined` where there is none. */
export async function startExternalPostgres(): Promise<ExternalPostgres | undefined> {
  const versions = await readdir(root).catch(() => [])
  const version = versions.toSorted((a, b) => Number(b) - Number(a))[0]
  if (version === undefined) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'))
  // PostgreSQL does not run as root; `nobody` is always there.
  const isRoot = process.getuid?.() === 0
  const account = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []
  if (isRoot) await chown(folder, 65534, 65534)
  const call = async (name: string, ...args: string[]): Promise<void> => {
    const [program = '', ...rest] = [...account, join(root, version, 'bin', name), ...args]
    await run(program, rest, { cwd: folder })
  }
  const cluster = join(folder, 'cluster')
  await call('initdb', '-D', cluster, '-U', 'postgres', '-A', 'trust')
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c max_connections=150`
  await call('pg_ctl', '-D', cluster, '-w', '-l', join(folder, 'log'), '-o', options, 'start')
  return {
    version,
    url: `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      await call('pg_ctl', '-D', cluster, '-m', 'immediate', '-w', 'stop').catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }
}
