import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { rolldown } from 'rolldown'

/**
 * The files of `@darkroom/client` for pages without a bundler: `element.js`, `upload.js`, `worker.js` and
 * `kernel.wasm`, which lie beside one another on the page's own origin.
 */

const source = resolve(import.meta.dirname, '../packages/client/src')

const entries: Readonly<Record<string, string>> = {
  'element.js': 'element/element.ts',
  'upload.js': 'upload/prepare-upload.ts',
  'worker.js': 'resize/worker.ts',
}

/** By name; every file is whole in itself. */
export type BrowserFiles = Readonly<Record<string, Uint8Array<ArrayBuffer>>>

export async function makeBrowserFiles(): Promise<BrowserFiles> {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {}
  for (const [name, entry] of Object.entries(entries)) files[name] = await bundleOf(join(source, entry), name)
  files['kernel.wasm'] = Uint8Array.from(await readFile(join(source, 'resize/kernel.wasm')))
  return files
}

async function bundleOf(input: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'warn' })
  try {
    const { output } = await bundle.generate({ format: 'esm', minify: true, entryFileNames: name })
    const [chunk] = output
    // Addresses of assets are worked out by the page, from where these files lie.
    return new TextEncoder().encode(chunk.code)
  } finally {
    await bundle.close()
  }
}

/** Bytes over the wire, as a server that compresses once and for all has them. */
export function brotliBytes(bytes: Uint8Array): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).byteLength
}

/** What a page with `<darkroom-img>` fetches of us. `upload.js` is for pages that send pictures. */
export const elementFiles: readonly string[] = ['element.js', 'worker.js', 'kernel.wasm']

export async function writeBrowserFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, bytes] of Object.entries(await makeBrowserFiles()))
    await writeFile(join(folder, name), bytes)
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder !== undefined) await writeBrowserFiles(resolve(folder))
  const files = await makeBrowserFiles()
  for (const [name, bytes] of Object.entries(files))
    console.log(`${name.padEnd(12)} ${bytes.byteLength} bytes, ${brotliBytes(bytes)} in brotli`)
  const sum = elementFiles.reduce((total, name) => total + brotliBytes(files[name] ?? new Uint8Array()), 0)
  console.log(`the element  ${sum} in brotli`)
}
