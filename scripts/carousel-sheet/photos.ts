import { readdir, readFile, stat } from 'node:fs/promises'
import { photographJpeg, photographNames } from '../../packages/carousel/src/testing/photographs.ts'
import { basename, extname, join } from 'node:path'

/** A photograph to set text on. */
export interface SheetPhoto {
  name: string
  bytes: Uint8Array
}

const shared = join(import.meta.dirname, '..', '..', '..', 'shared', 'photos')

/** The photographs of files and folders; by default those that lie beside the repository, and painted ones. */
export async function sheetPhotos(paths?: readonly string[]): Promise<SheetPhoto[]> {
  const photos: SheetPhoto[] = []
  if (paths === undefined || paths.includes('painted')) {
    for (const name of photographNames) photos.push({ name, bytes: await photographJpeg(name, 1600, 2000) })
  }
  for (const path of paths ?? [shared]) {
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
