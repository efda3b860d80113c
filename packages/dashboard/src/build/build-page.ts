import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { build } from 'vite'
import type { BuildManifest, BuiltFile } from '../manifest.ts'
import { manifestName, sourceFolder } from '../places.ts'
import { firstTheme } from './first-theme.ts'

const compress = promisify(brotliCompress)

/** Of all files together, compressed: what a reader loads who opens every view. */
export const maxBrotliBytes = 150_000

/**
 * Builds the page into a folder, all at once: it is either whole or not there.
 * @returns its manifest, with the sizes
 * @throws Error with vite's words, or when the page has become larger than it may be
 */
export async function buildPage(folder: string): Promise<BuildManifest> {
  const making = `${folder}.${process.pid}.tmp`
  await mkdir(making, { recursive: true })
  try {
    await bundle(making)
    const manifest: BuildManifest = { files: await compressAll(making) }
    const total = manifest.files.reduce((sum, { brotliBytes }) => sum + brotliBytes, 0)
    if (total > maxBrotliBytes)
      throw new Error(`The page has ${total} bytes, compressed; it may have ${maxBrotliBytes}.`)
    await writeFile(join(making, manifestName), JSON.stringify(manifest))
    await rename(making, folder).catch(async (error: unknown) => {
      // Another process was faster, with the same sources.
      if ((await stat(join(folder, manifestName)).catch(() => undefined)) === undefined) throw error
    })
    return manifest
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

async function bundle(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: sourceFolder,
    base: '/dashboard/',
    logLevel: 'warn',
    publicDir: false,
    plugins: [firstTheme()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      // The content security policy allows no data: scripts or styles, and no inline ones.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      cssCodeSplit: true,
      reportCompressedSize: false,
    },
  })
}

async function compressAll(folder: string): Promise<BuiltFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()
  return await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(join(folder, path))
      const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength }
      const brotli = await compress(bytes, { params })
      await writeFile(join(folder, `${path}.br`), brotli)
      return {
        path: path.split(sep).join('/'),
        bytes: bytes.byteLength,
        brotliBytes: brotli.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }
    }),
  )
}
