import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EmbeddedConnection } from '../connection.ts'
import { readPostmasterPid } from '../postmaster-pid.ts'
import { signalProcess } from '../process-table.ts'
import { removeRuntimeFolder } from '../runtime-folder.ts'
import { endOrphans } from '../server-processes.ts'

/** What `owner-program.ts` says when its database is ready. */
export interface OwnerReady {
  connection: EmbeddedConnection
  adopted: boolean
  startedInMs: number
  pid: number
  memoryBytes?: number
}

export interface OwnerLine {
  ready?: OwnerReady
  error?: string
  code?: string
  interrupted?: true
  stopped?: true
}

/** An owner of an embedded database in a process of its own. */
export interface OwnerProcess {
  readonly child: ChildProcess
  /** Its next line. */
  next(): Promise<OwnerLine>
  /** Its next line, which must say that it is ready. */
  ready(): Promise<OwnerReady>
  /** Sends a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>
}

export const ownerProgram: string = fileURLToPath(new URL('owner-program.ts', import.meta.url))

export interface OwnerOptions {
  dataDir: string
  packageDir?: string
  copyDirs?: readonly string[]
}

/** A folder whose databases and processes are all ended with it. */
export interface DatabaseFolder {
  readonly path: string
  startOwner(options: OwnerOptions, account?: { uid: number; gid: number }): OwnerProcess
  remove(): Promise<void>
}

/** @param mode of the folder; 0700 is what keeps another user out of all that is below */
export async function createDatabaseFolder(mode = 0o755): Promise<DatabaseFolder> {
  const path = await mkdtemp(join(tmpdir(), 'darkroom-test-'))
  await chmod(path, mode)
  const owners: { owner: OwnerProcess; dataDir: string }[] = []
  return {
    path,
    startOwner: (options, account) => {
      const owner = startOwnerProcess(options, account)
      owners.push({ owner, dataDir: options.dataDir })
      return owner
    },
    remove: async () => {
      // All owners first: one that lives starts a server again that is ended under it, and that writes on.
      for (const { owner } of owners) await owner.end('SIGKILL')
      for (const { dataDir } of owners) await endDatabase(dataDir)
      await rm(path, { recursive: true, force: true })
    },
  }
}

/** Kills what runs on a data folder, whoever started it. */
export async function endDatabase(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, 'credentials.json'))) return
  const credentials = JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8')) as {
    clusterName: string
  }
  await endOrphans(credentials.clusterName)
  await removeRuntimeFolder(dataDir)
}

/** Kills the server of a data folder with -9, sessions included, as a power cut would. @returns its process id */
export async function killServer(dataDir: string): Promise<number> {
  const pid = (await readPostmasterPid(join(dataDir, 'cluster')))?.pid
  if (pid === undefined) throw new Error(`no server runs on ${dataDir}`)
  signalProcess(pid, 'SIGKILL')
  return pid
}

function startOwnerProcess(options: OwnerOptions, account?: { uid: number; gid: number }): OwnerProcess {
  // A group of its own, so that a test can send the group what a terminal sends on Ctrl-C.
  const child = spawn(process.execPath, [ownerProgram, JSON.stringify(options)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...account,
  })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const next = async (): Promise<OwnerLine> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the owner ended without a word')
    return JSON.parse(value) as OwnerLine
  }
  return {
    child,
    next,
    ready: async () => {
      const line = await next()
      if (line.ready === undefined) throw new Error(line.error ?? 'the owner is not ready')
      return line.ready
    },
    end: async (signal) => {
      child.kill(signal)
      await exited
    },
  }
}
