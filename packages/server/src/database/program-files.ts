import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { chmod, cp, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import { canReach } from './account.ts'
import { syncDirectory } from './credentials.ts'
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

/** The copy gets its name only when it is complete and on the disk: what has the name can be run. */
async function placeCopy(nativeDir: string, links: readonly LibraryLink[], directory: string): Promise<void> {
  if (isOurs(directory)) return
  const temporary = `${directory}.${randomBytes(6).toString('hex')}`
  try {
    await cp(nativeDir, temporary, { recursive: true, filter: (path) => isWanted(relative(nativeDir, path)) })
    for (const { name, target } of links) {
      await rm(join(temporary, 'lib', name), { force: true })
      await symlink(target, join(temporary, 'lib', name))
    }
    await openAndSync(temporary)
    await rename(temporary, directory)
    await syncDirectory(dirname(directory))
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    // Another process of ours may have been quicker.
    if (!isOurs(directory)) throw error
  }
}

/**
 * Whether there is a copy that this user made.
 * @throws Error when something else has the name: in a folder that everybody writes to, it would run as our database
 */
function isOurs(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0) return true
  throw new Error('exists, and is not ours')
}

/** What a server needs: no static libraries and build files. */
function isWanted(path: string): boolean {
  return !/^lib\/.*(\.a$|pkgconfig|pgxs)|^bin\/pg_ctl$|^include/.test(path)
}

/** Opens the copy to all users, whatever the umask and the modes of the package, and writes it to the disk. */
async function openAndSync(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
  const pending = [directory, ...paths].values()
  const programs = join(directory, 'bin')
  // A few at a time: one after the other a thousand small files take a second.
  const openAndSyncNext = async (): Promise<void> => {
    for (const path of pending) {
      const handle = await open(path, 'r')
      try {
        const isFolder = (await handle.stat()).isDirectory()
        await handle.chmod(isFolder || dirname(path) === programs ? 0o755 : 0o644)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, openAndSyncNext))
}
