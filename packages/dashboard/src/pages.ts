import { createFlights } from '@darkroom/once'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { builtFolder, isCheckout, PagesNotBuiltError } from './built-folder.ts'
import type { BuildManifest } from './manifest.ts'
import { manifestName } from './places.ts'

/** One file of the page, as it is served. */
export interface PageFile {
  readonly mediaType: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The same, compressed by brotli. */
  readonly brotli: Uint8Array<ArrayBuffer>
  /** SHA-256 of `bytes`, hexadecimal. */
  readonly sha256: string
  /** Its name holds its hash: it never changes. */
  readonly immutable: boolean
}

/** The files of the dashboard, the playground and the API reference. */
export interface Pages {
  /**
   * A file by its path below the build: `index.html`, `assets/main-B2k1.js`; `undefined` when there is none.
   * @throws PagesNotBuiltError
   */
  file(path: string): Promise<PageFile | undefined>
}

type Files = ReadonlyMap<string, PageFile>

interface Kept {
  folder: string
  files: Files
  checkedAt: number
}

/** How long the sources of a checkout are taken to be as they were. */
const freshMs = 1000

/**
 * Reads nothing yet: the files, 0.2 MB, are read when the first of them is asked for, and then kept.
 * @param now a monotonic clock in milliseconds
 */
export function createPages(now: () => number = () => performance.now()): Pages {
  const reads = createFlights<Kept>({ whenAbandoned: 'finish' })
  let kept: Kept | undefined
  const read = async (): Promise<Kept> => {
    const folder = await builtFolder()
    const files = kept?.folder === folder ? kept.files : await readBuild(folder)
    kept = { folder, files, checkedAt: now() }
    return kept
  }
  const current = async (): Promise<Files> => {
    if (kept !== undefined && (!isCheckout || now() - kept.checkedAt < freshMs)) return kept.files
    const unit = { kind: 'page', key: 'files', domain: 'process' }
    return (await reads.run(unit, async () => ({ value: await read() }))).value.files
  }
  return {
    file: async (path) => {
      // What a page that is open has named is what it needs, whatever has changed since.
      const named = path.startsWith('assets/') ? kept?.files.get(path) : undefined
      return named ?? (await current()).get(path)
    },
  }
}

async function readBuild(folder: string): Promise<Files> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined)
  if (text === undefined) throw new PagesNotBuiltError('This package was published without its page.')
  const { files } = JSON.parse(text) as BuildManifest
  const read = files.map(async ({ path, sha256 }): Promise<[string, PageFile]> => [
    path,
    {
      mediaType: mediaTypes[extname(path)] ?? 'application/octet-stream',
      bytes: new Uint8Array(await readFile(join(folder, path))),
      brotli: new Uint8Array(await readFile(join(folder, `${path}.br`))),
      sha256,
      immutable: path.startsWith('assets/'),
    },
  ])
  return new Map(await Promise.all(read))
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
