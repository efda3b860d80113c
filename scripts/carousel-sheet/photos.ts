import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'

/** A photograph to set text on. */
export interface SheetPhoto {
  name: string
  bytes: Uint8Array
}

const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'photos')

/** The photographs of files and folders; by default those that lie beside the repository. */
export async function sheetPhotos(paths: readonly string[] = [shared]): Promise<SheetPhoto[]> {
  const photos: SheetPhoto[] = []
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) continue
    const files = found.isDirectory()
      ? (await readdir(path)).toSorted().map((name) => join(path, name))
      : [path]
    for (const file of files) {
      photos.push({ name: basename(file, extname(file)), bytes: await readFile(file) })
    }
  }
  return photos
}
