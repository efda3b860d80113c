/**
 * The rung policy: a picture is delivered in few widths, and whoever needs another size makes it of a wider one. For
 * the server, which prints `srcset`, and for `<darkroom-img>`, which chooses. Pure, and for any JavaScript.
 */

/** Widths that are made when they are first asked for: a phone's grid, a phone's page, a page. */
export const rungs: readonly number[] = [384, 640, 1080]

/** Only where it is asked for: a whole large screen of one picture. */
export const largeRung = 2048

/** More pixels than two an inch of CSS pixels are bytes that nobody sees. */
const maxPixelRatio = 2

/** A picture may be enlarged by so little that nobody sees it, before the next rung is fetched. */
const usualShare = 0.95
/** The same where bytes are dear. */
const savingShare = 0.7

/**
 * The widths that a picture is delivered in, ascending.
 * @param widthPx of the picture as it is stored; nothing wider is delivered. `undefined`: not known
 * @param large whether `largeRung` is among them
 */
export function rungsOf(widthPx?: number, large = false): number[] {
  const all = large ? [...rungs, largeRung] : rungs
  if (widthPx === undefined) return [...all]
  const narrower = all.filter((rung) => rung < widthPx)
  return narrower.length === all.length ? narrower : [...narrower, widthPx]
}

export interface NeededWidth {
  /** As the picture is laid out, in CSS pixels. */
  cssPx: number
  /** `devicePixelRatio`. Default 1. */
  pixelRatio?: number | undefined
  /** `Save-Data: on`, or `prefers-reduced-data: reduce`. */
  saveData?: boolean | undefined
}

/** Pixels across that a place on a page needs. */
export function neededPx({ cssPx, pixelRatio = 1, saveData = false }: NeededWidth): number {
  const ratio = saveData ? 1 : Math.min(maxPixelRatio, Math.max(1, pixelRatio))
  return Math.max(1, Math.round(cssPx * ratio))
}

/**
 * The narrowest of some widths that is wide enough, or the widest there is.
 * @param widths ascending
 */
export function rungFor(
  needed: number,
  widths: readonly number[] = rungs,
  saveData = false,
): number | undefined {
  const least = needed * (saveData ? savingShare : usualShare)
  return widths.find((width) => width >= least) ?? widths.at(-1)
}

export interface RungQuestion {
  /** Pixels across that this place needs. */
  neededPx: number
  /** Widths that can be had from the server, ascending. */
  widths: readonly number[]
  /** Widths that are in the cache already. */
  held?: readonly number[] | undefined
  /** What other places on the page need of the same picture, in pixels. */
  others?: readonly number[] | undefined
  saveData?: boolean | undefined
}

/**
 * Where a place takes its picture from. `held`: from the cache, and nothing is fetched. `shared`: the wider rung that
 * another place of this page needs in any case. `server`: a rung of its own.
 */
export interface RungChoice {
  widthPx: number
  from: 'held' | 'shared' | 'server'
}

/** @returns `undefined` where there are no widths at all */
export function chooseRung(question: RungQuestion): RungChoice | undefined {
  const { neededPx: needed, widths, held = [], others = [], saveData = false } = question
  const own = rungFor(needed, widths, saveData)
  if (own === undefined) return undefined
  // What is here is good where the server's own answer would be no wider, or it is wide enough.
  const here = held.toSorted((a, b) => a - b).find((width) => width >= Math.min(own, needed))
  if (here !== undefined) return { widthPx: here, from: 'held' }
  const widest = Math.max(own, ...others.map((other) => rungFor(other, widths, saveData) ?? own))
  return { widthPx: widest, from: widest > own ? 'shared' : 'server' }
}

/**
 * An address with another width; where it names no format, in the one that the browser likes best. Not for signed
 * addresses: their signature covers the width.
 */
export function withWidth(url: string, widthPx: number): string {
  const [path = '', query = ''] = url.split('#', 1)[0]?.split('?') ?? []
  const parameters = new URLSearchParams(query)
  parameters.set('w', String(widthPx))
  const namesFormat = parameters.has('format') || /\.\w{3,4}$/u.test(path)
  if (!namesFormat) parameters.set('format', 'auto')
  return `${path}?${parameters}`
}

/**
 * The text of `srcset` for a picture of `/images/{id}`.
 * @param url with the format, quality or other parameters that all shall have
 * @param widths of `rungsOf`
 * @param sign for scopes that ask for signatures: `signUrl` of `@darkroom/client/signed-urls`
 */
export function srcsetOf(
  url: string,
  widths: readonly number[] = rungs,
  sign: (url: string) => string = (unsigned) => unsigned,
): string {
  return widths.map((width) => `${sign(withWidth(url, width))} ${width}w`).join(', ')
}
