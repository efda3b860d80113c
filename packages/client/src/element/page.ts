import type { ResizerOptions, Resizer } from '../resize/resizer.ts'
import { createResizer } from '../resize/resizer.ts'
import type { HeldPictures } from './held-pictures.ts'
import { createHeldPictures } from './held-pictures.ts'
import type { LivePictures } from './live-pictures.ts'
import { createLivePictures } from './live-pictures.ts'
import type { MadeBitmaps } from './made-bitmaps.ts'
import { createMadeBitmaps } from './made-bitmaps.ts'

/** What all elements of a page share. */
export interface Page {
  readonly held: HeldPictures
  readonly live: LivePictures
  readonly bitmaps: MadeBitmaps
  /** Starts its workers when it is first asked for. */
  resizer(): Resizer
  /** Says what a place needs of a picture, in pixels; `undefined`: no more. */
  need(key: string, place: object, neededPx: number | undefined): void
  /** What other places need of it. */
  others(key: string, place: object): number[]
  /** Choices are made together, when all elements that came together have said what they need. */
  later(place: Place): void
}

/** An element in `later`. */
export interface Place {
  measure(): void
  choose(): void
}

let options: ResizerOptions = {}
let shared: Page | undefined

/** Where `worker.js` lies, and how many work. To be called before the first element is shown. */
export function configureResizing(wanted: ResizerOptions): void {
  options = wanted
}

export function thePage(): Page {
  return (shared ??= createPage())
}

function createPage(): Page {
  let resizer: Resizer | undefined
  const theResizer = (): Resizer => (resizer ??= createResizer(options))
  const needs = new Map<string, Map<object, number>>()
  let waiting: Set<Place> | undefined
  return {
    held: createHeldPictures(),
    live: createLivePictures(),
    bitmaps: createMadeBitmaps(theResizer),
    resizer: theResizer,
    need(key, place, neededPx) {
      const places = needs.get(key) ?? new Map<object, number>()
      if (neededPx === undefined) places.delete(place)
      else places.set(place, neededPx)
      if (places.size === 0) needs.delete(key)
      else needs.set(key, places)
    },
    others: (key, place) =>
      Array.from(needs.get(key) ?? []).flatMap(([other, neededPx]) => (other === place ? [] : [neededPx])),
    later(place) {
      if (waiting === undefined) {
        const places = (waiting = new Set<Place>())
        queueMicrotask(() => {
          waiting = undefined
          for (const each of places) each.measure()
          for (const each of places) each.choose()
        })
      }
      waiting.add(place)
    },
  }
}

interface NetworkInformation {
  saveData?: boolean
}

/** Whether who looks asked for few bytes. */
export function savesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: NetworkInformation }
  return connection?.saveData === true || matchMedia('(prefers-reduced-data: reduce)').matches
}
