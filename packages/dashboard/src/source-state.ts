import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sourceFolder } from './places.ts'

/** Beside the sources: versions of what is bundled, and how it is bundled. */
const alsoRead = ['../build/build-page.ts', '../build/first-theme.ts', '../../package.json']

/**
 * The state of the page's sources: 20 hexadecimal digits of their contents, which name the folder of their build.
 * @throws Error when there are no sources
 */
export async function sourceState(): Promise<string> {
  const entries = await readdir(sourceFolder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .concat(alsoRead.map((path) => join(sourceFolder, path)))
    .toSorted()
  const hash = createHash('sha256')
  const contents = await Promise.all(files.map((file) => readFile(file)))
  for (const [index, file] of files.entries()) {
    const bytes = contents[index] ?? Buffer.alloc(0)
    hash.update(`${file.slice(sourceFolder.length)}\0${bytes.byteLength}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 20)
}
