import { formatOfMediaType } from './picture-format.ts'
import type { PictureFormat } from './picture-format.ts'

/** How much a client wants one format (RFC 9110 §12.4.2). */
interface Wish {
  format: PictureFormat
  /** 0 to 1; 0 is a refusal. */
  quality: number
  /** Whether the client named the format itself, which is the only proof that it can decode it. */
  named: boolean
}

/**
 * Of formats that are wanted equally, the earlier is sent. WebP stands before AVIF by measurement (two cores,
 * sharp 0.35.5, 1024², our settings, at qualities of equal structural similarity): for a photograph AVIF took
 * 68 ms of CPU to encode, 48 ms to decode and 106 KB, WebP 42 ms, 25 ms and 111 KB; for a drawn picture AVIF
 * took 46 ms, 31 ms and 34 KB, WebP 25 ms, 21 ms and 22 KB. AVIF's next effort takes three times as long to save
 * another 5 %. A client that wants AVIF nevertheless says so with a higher q.
 */
const preference: readonly PictureFormat[] = ['webp', 'avif', 'jpeg', 'png']

/**
 * Of what a wildcard allows: the formats that everything can decode come first, whatever is smaller.
 * Explicit names beat wildcards at equal q.
 */
const wildcardPreference: readonly PictureFormat[] = ['jpeg', 'png', 'webp', 'avif']

/**
 * Folds an `Accept` header to one of our formats, so that the header itself never has to be part of a cache key
 * (RFC 9110 §12.5.1: quality values; the most specific range decides for each format).
 * Absent, empty or unreadable means anything goes: JPEG. `undefined` when the client accepts none of ours (406).
 * @param options.hasAlpha the picture is partly transparent: where only a wildcard speaks, PNG before JPEG
 */
export function negotiateFormat(
  accept: string | undefined | null,
  options: { hasAlpha?: boolean } = {},
): PictureFormat | undefined {
  const ranges = parseAccept(accept ?? '')
  const plain: PictureFormat = options.hasAlpha === true ? 'png' : 'jpeg'
  if (ranges.length === 0) return plain
  const unnamed = [plain, ...wildcardPreference]
  const rankOf = ({ format, named }: Wish): number =>
    named ? preference.indexOf(format) : preference.length + unnamed.indexOf(format)
  return preference
    .map((format) => wishFor(format, ranges))
    .filter((wish) => wish.quality > 0)
    .toSorted((a, b) => b.quality - a.quality || rankOf(a) - rankOf(b))[0]?.format
}

interface MediaRange {
  // A media type or a range with wildcards, lower case.
  type: string
  quality: number
}

function wishFor(format: PictureFormat, ranges: readonly MediaRange[]): Wish {
  const named = highest(ranges.filter(({ type }) => formatOfMediaType(type) === format))
  if (named !== undefined) return { format, quality: named, named: true }
  const wildcard =
    highest(ranges.filter(({ type }) => type === 'image/*')) ??
    highest(ranges.filter(({ type }) => type === '*/*'))
  return { format, quality: wildcard ?? 0, named: false }
}

function highest(ranges: readonly MediaRange[]): number | undefined {
  return ranges.length === 0 ? undefined : Math.max(...ranges.map(({ quality }) => quality))
}

/** RFC 9110 §5.6.2 and §12.5.1. */
const mediaRange = /^([!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+)$/u
const weight = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/u

/** The ranges that can be read; the rest of a broken header is passed over. */
function parseAccept(accept: string): MediaRange[] {
  const ranges: MediaRange[] = []
  for (const element of splitOutsideQuotes(accept.toLowerCase(), ',')) {
    const [type = '', ...parameters] = splitOutsideQuotes(element, ';').map((part) => part.trim())
    if (!mediaRange.test(type)) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    if (q !== undefined && !weight.test(q)) continue
    ranges.push({ type, quality: q === undefined ? 1 : Number(q) })
  }
  return ranges
}

/** A parameter's value may be a quoted string with commas and semicolons in it (RFC 9110 §5.6.4). */
function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (quoted && character === '\\') {
      part += text.slice(at, at + 2)
      at += 1
      continue
    }
    if (character === '"') quoted = !quoted
    if (character === separator && !quoted) {
      parts.push(part)
      part = ''
    } else part += character
  }
  return [...parts, part]
}
