import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { chmod, cp, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import { canReach } from './account.ts'
import { DatabaseStartError } from './database-start-error.ts'
import type { PlatformPackage } from './platform-package.ts'

/** PostgreSQL's programs, ready to be run by the account that will run them. */
export interface Program {
  readonly initdb: string
  readonly postgres: string
  /** What the programs need in their environment to find their libraries. */
  readonly environment: Readonly<Record<string, string>>
}

export interface ProgramOptions {
  readonly dataDir: string
  /** Who will run the programs; `undefined` for the user of this process. */
  readonly account: Account | undefined
  /** Where a copy may go, in this order, after the data folder. */
  readonly copyDirs?: readonly string[] | undefined
}

/**
 * `/var/cache` before the temporary folders: those are swept of old files, under a server that runs for months.
 */
const defaultCopyDirs: readonly string[] = ['/var/cache/darkroom', '/var/tmp', tmpdir()]

const execute = promisify(execFile)

/**
 * Makes the package's programs runnable without writing into `node_modules`, which may be read-only:
 * - its library links come from an install script that npm may have been told to skip: they are then made in the
 *   data folder, and `LD_LIBRARY_PATH` points there;
 * - below a folder that is closed to the account (a checkout in `/root`), or where the loader cannot be told (macOS
 *   strips the variable, a `:` in the path splits it), the programs are copied to a place that is open.
 * @throws DatabaseStartError `ROOT_UNREACHABLE`
 */
export async function prepareProgram(source: PlatformPackage, options: ProgramOptions): Promise<Program> {
  const { nativeDir } = source
  const { dataDir, account } = options
  const reachable = account === undefined || isReachable(nativeDir, account)
  const links = await readLibraryLinks(nativeDir)
  if (reachable && links.every(({ name }) => existsSync(join(nativeDir, 'lib', name))))
    return programIn(nativeDir)
  const libraryDir = join(dataDir, 'lib')
  // Both folders: a library that was found by its link looks for others beside the link.
  const libraryPath = [libraryDir, join(nativeDir, 'lib')]
  if (reachable && process.platform === 'linux' && !libraryPath.some((path) => /[:;$]/.test(path))) {
    await makeLinks(libraryDir, links, join(nativeDir, 'lib'))
    if (account === undefined || canReach(libraryDir, account)) {
      return { ...programIn(nativeDir), environment: { LD_LIBRARY_PATH: libraryPath.join(':') } }
    }
  }
  return copyProgram(source, links, options)
}

interface LibraryLink {
  /** File name of the link. */
  name: string
  /** File name of the library beside it. */
  target: string
}

async function readLibraryLinks(nativeDir: string): Promise<LibraryLink[]> {
  const text = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const entries: unknown = JSON.parse(text)
  if (!Array.isArray(entries)) return []
  return entries.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) return []
    return [{ name: basename(String(entry.target)), target: basename(String(entry.source)) }]
  })
}

async function makeLinks(directory: string, links: readonly LibraryLink[], targetDir: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  // The umask may have closed it to the account.
  await chmod(directory, 0o755)
  for (const { name, target } of links) {
    const path = join(directory, name)
    const wanted = join(targetDir, target)
    if ((await readlink(path).catch(() => undefined)) === wanted) continue
    await rm(path, { force: true })
    await symlink(wanted, path)
  }
}

function programIn(nativeDir: string): Program {
  return { initdb: join(nativeDir, 'bin/initdb'), postgres: join(nativeDir, 'bin/postgres'), environment: {} }
}

function isReachable(nativeDir: string, account: Account): boolean {
  return ['bin/postgres', 'bin/initdb', 'lib/postgresql', 'share/postgresql'].every((path) =>
    canReach(join(nativeDir, path), account),
  )
}

/** Copies the programs to the first place from which the account can run them; an earlier copy is used again. */
async function copyProgram(
  source: PlatformPackage,
  links: readonly LibraryLink[],
  { dataDir, account, copyDirs = defaultCopyDirs }: ProgramOptions,
): Promise<Program> {
  const places = account === undefined ? [dataDir] : [dataDir, ...copyDirs]
  const faults: string[] = []
  for (const place of places) {
    const directory = join(place, `darkroom-postgres-${source.version}`)
    try {
      await mkdir(place, { recursive: true, mode: 0o755 })
      await placeCopy(source.nativeDir, links, directory)
      const program = programIn(directory)
      // Proves what mode bits cannot: a mount with `noexec`, an access list.
      await execute(program.postgres, ['--version'], { cwd: '/', env: {}, ...account })
      return program
    } catch (error) {
      faults.push(`${directory}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new DatabaseStartError(
    'ROOT_UNREACHABLE',
    `PostgreSQL runs under user id ${account?.uid ?? process.geteuid?.()}, which cannot reach ${source.nativeDir}, ` +
      `nor a copy of it in any of:\n  ${faults.join('\n  ')}\n` +
      'Start Darkroom as a normal user, move it out of the closed folder, or set DATABASE_URL.',
  )
}

async function placeCopy(nativeDir: string, links: readonly LibraryLink[], directory: string): Promise<void> {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  // In a folder that everybody writes to, somebody else's copy would run as our database.
  if (
    found !== undefined &&
    (!found.isDirectory() || found.uid !== process.geteuid?.() || (found.mode & 0o022) !== 0)
  ) {
    throw new Error('exists, and is not ours')
  }
  const files = await listProgramFiles(nativeDir)
  if (found !== undefined) {
    // A power cut may have left it with empty files.
    if (await hasSameSizes(nativeDir, directory, files)) return
    await rm(directory, { recursive: true, force: true })
  }
  const temporary = `${directory}.${randomBytes(6).toString('hex')}`
  try {
    await cp(nativeDir, temporary, { recursive: true, filter: (path) => isWanted(relative(nativeDir, path)) })
    await openToAll(temporary)
    for (const { name, target } of links) {
      await rm(join(temporary, 'lib', name), { force: true })
      await symlink(target, join(temporary, 'lib', name))
    }
    await rename(temporary, directory)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    // Another process of ours was quicker.
    if (!existsSync(directory) || !(await hasSameSizes(nativeDir, directory, files))) throw error
  }
}

/** What a server needs: no static libraries, headers or build files, a third of the package. */
function isWanted(path: string): boolean {
  return !/(^lib\/.*(\.a$|pkgconfig|pgxs))|^bin\/pg_ctl$|^include/.test(path)
}

async function listProgramFiles(nativeDir: string): Promise<string[]> {
  const entries = await readdir(nativeDir, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(nativeDir, join(entry.parentPath, entry.name)))
    .filter(isWanted)
}

async function hasSameSizes(from: string, to: string, files: readonly string[]): Promise<boolean> {
  const checks = files.map(async (file) => {
    const [wanted, got] = await Promise.all([
      stat(join(from, file)),
      stat(join(to, file)).catch(() => undefined),
    ])
    return wanted.size === got?.size
  })
  return (await Promise.all(checks)).every(Boolean)
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755)
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const executable = entry.isDirectory() || entry.parentPath === join(directory, 'bin')
    await chmod(path, executable ? 0o755 : 0o644)
  }
}
