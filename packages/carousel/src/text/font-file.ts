import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FontKey } from '@napi-rs/canvas'
import { GlobalFonts } from '@napi-rs/canvas'
import { CarouselError } from '../carousel-error.ts'
import type { CodePoints } from './code-points.ts'
import type { FontTables } from './font-tables.ts'
import { readFontTables } from './font-tables.ts'

/** One font file: read, checked and handed to Skia when a text first needs it. */
export interface FontFile {
  /** What Skia knows it by: private, so that no font of the system can take its place. */
  readonly alias: string
  /** Code points that it may have; what it does have is in its tables. */
  readonly declared: CodePoints
  /** Reads it and makes it known to Skia, once in a process. */
  load(): FontTables
}

interface Registered {
  tables: FontTables
  key: FontKey
  bytes: number
}

/** Skia's list of fonts is the process's; so are these. The second holds what users gave, least recently used first. */
const packaged = new Map<string, Registered>()
const given = new Map<string, Registered>()

/** Of one font that a user gives: the largest in use, of all ideographs, have 20 MB. */
const maxGivenFontBytes = 32 * 1024 * 1024
/** Of all of them that Skia holds. */
const maxGivenBytes = 64 * 1024 * 1024

/** A file of a package. */
export function packagedFontFile(path: string, alias: string, declared: CodePoints): FontFile {
  return {
    alias,
    declared,
    load() {
      let file = packaged.get(alias)
      if (file === undefined) packaged.set(alias, (file = register(alias, readFileSync(path))))
      return file.tables
    },
  }
}

/**
 * A font that a user gave. Its bytes are held by whoever holds the file: Skia forgets it when it has too many, and
 * gets it again on its next use.
 * @throws CarouselError `FONT_INVALID` when it cannot be used
 */
export function givenFontFile(bytes: Uint8Array): FontFile {
  if (bytes.byteLength > maxGivenFontBytes) {
    throw invalid(`it has more than ${maxGivenFontBytes / 1024 / 1024} MB`)
  }
  const alias = `darkroom given ${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`
  const load = (): FontTables => {
    const file = given.get(alias) ?? register(alias, bytes)
    given.delete(alias)
    given.set(alias, file)
    makeRoom()
    return file.tables
  }
  return { alias, declared: load().codePoints, load }
}

/** Skia takes 5 ms for every font that stays when one goes, and so half of them go at once. */
function makeRoom(): void {
  let bytes = given.values().reduce((sum, file) => sum + file.bytes, 0)
  if (bytes <= maxGivenBytes) return
  const leaving: FontKey[] = []
  for (const [alias, file] of given) {
    if (bytes <= maxGivenBytes / 2) break
    leaving.push(file.key)
    given.delete(alias)
    bytes -= file.bytes
  }
  GlobalFonts.removeBatch(leaving)
}

function register(alias: string, bytes: Uint8Array): Registered {
  let tables: FontTables
  try {
    tables = readFontTables(bytes)
  } catch (error) {
    throw invalid('it is damaged or of another kind', error)
  }
  const key = GlobalFonts.register(Buffer.from(bytes), alias)
  if (key === null) throw invalid('it is damaged')
  return { tables, key, bytes: bytes.byteLength }
}

function invalid(reason: string, cause?: unknown): CarouselError {
  const message = `The font cannot be used: ${reason}. Send a TTF, OTF or WOFF2 file.`
  return new CarouselError('FONT_INVALID', message, cause === undefined ? {} : { cause })
}
