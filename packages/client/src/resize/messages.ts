import type { Light } from './light.ts'

/** What a worker is asked for. */
export interface ResizeJob {
  id: number
  /** A file; or a bitmap, which is the worker's then. */
  picture: Blob | ImageBitmap
  /** Jobs with the same one have the same picture: it is decoded once, if they follow one another soon. */
  sourceKey: string | undefined
  /** Of the picture as it is to be shown; `undefined`: as the other side and the proportions ask. */
  widthPx: number | undefined
  heightPx: number | undefined
  /** Where no side is given: the picture is made smaller until it has no more. */
  maxPixels: number | undefined
  light: Light
  /** A file instead of a bitmap. */
  encode: { mediaType: string; quality: number | undefined } | undefined
}

/** Sizes and time of what was made. */
export interface MadeFacts {
  sourceWidthPx: number
  sourceHeightPx: number
  widthPx: number
  heightPx: number
  /** Decoding and resizing, without waiting. */
  durationMs: number
}

/** What it answers. The first message of a worker says whether it can work at all. */
export type WorkerAnswer =
  | { kind: 'ready' }
  | { kind: 'unable'; reason: string }
  | { kind: 'progress'; id: number; stage: 'resize' | 'encode' }
  | { kind: 'made'; id: number; facts: MadeFacts; bitmap: ImageBitmap }
  | { kind: 'encoded'; id: number; facts: MadeFacts; blob: Blob }
  | { kind: 'failed'; id: number; reason: string }
