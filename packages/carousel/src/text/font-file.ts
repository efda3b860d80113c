import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
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
  readonly isLoaded: boolean
  /** Reads it and makes it known to Skia, once in a process. */
  load(): FontTables
}

/** Skia's list of fonts is the process's; so is this one. */
const registered = new Map<string, FontTables>()

/** A file of a package. */
export function packagedFontFile(path: string, alias: string, declared: CodePoints): FontFile {
  return {
    alias,
    declared,
    get isLoaded() {
      return registered.has(alias)
    },
    load: () => registered.get(alias) ?? register(alias, readFileSync(path)),
  }
}

/**
 * A font in hand.
 * @throws CarouselError `FONT_INVALID` when it cannot be used
 */
export function givenFontFile(bytes: Uint8Array): FontFile {
  const alias = `darkroom-given-${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`
  const tables = registered.get(alias) ?? register(alias, bytes)
  // Held by whoever uses it, so that it comes back if it had to make room for others.
  return {
    alias,
    declared: tables.codePoints,
    get isLoaded() {
      return registered.has(alias)
    },
    load: () => registered.get(alias) ?? register(alias, bytes),
  }
}

function register(alias: string, bytes: Uint8Array): FontTables {
  let tables: FontTables
  try {
    tables = readFontTables(bytes)
  } catch (error) {
    throw new CarouselError(
      'FONT_INVALID',
      `The font cannot be used: ${(error as Error).message}. Send a TTF, OTF or WOFF2 file.`,
      { cause: error },
    )
  }
  if (GlobalFonts.register(Buffer.from(bytes), alias) === null) {
    throw new CarouselError(
      'FONT_INVALID',
      'The font cannot be used: it is damaged. Send a TTF, OTF or WOFF2 file.',
    )
  }
  registered.set(alias, tables)
  return tables
}
