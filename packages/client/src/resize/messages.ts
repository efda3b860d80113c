import type { Light } from './light.ts'

/** What a worker is asked for. */
export interface ResizeJob {
  id: number
  blob: Blob
  /** Of the picture as it is to be shown; `undefined`: as the other side and the proportions ask. */
  widthPx: number | undefined
  heightPx: number | undefined
  light: Light
}

/** What it answers. The first message of a worker says whether it can work at all. */
export type WorkerAnswer =
  | { kind: 'ready' }
  | { kind: 'unable'; reason: string }
  | {
      kind: 'made'
      id: number
      bitmap: ImageBitmap
      sourceWidthPx: number
      sourceHeightPx: number
      durationMs: number
    }
  | { kind: 'failed'; id: number; reason: string }
