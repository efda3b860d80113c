import { rungFor, rungsOf, srcsetOf, withWidth } from '@darkroom/picture/rungs'

export interface PictureMarkup {
  /** Address of the picture: `/images/{id}`, with the format or quality that all sizes shall have. */
  src: string
  /** What it shows, for those who do not see it; '' where it shows nothing that the text does not say. */
  alt: string
  /** Of the stored picture: nothing wider is asked for, and the page keeps its place. */
  widthPx: number
  heightPx: number
  /** How wide it is laid out, as in `<img sizes>`. Default `100vw`. */
  sizes?: string | undefined
  /** Adds the rung of 2048 pixels. */
  large?: boolean | undefined
  /** What is seen first on a page: fetched before others, and at once. Default false: when it comes near. */
  priority?: boolean | undefined
  fit?: string | undefined
  focus?: string | undefined
  /** The request came with `Save-Data: on`: the widest rung is left out. */
  saveData?: boolean | undefined
  /** For scopes that ask for signatures: `signUrl` of `@darkroom/client/signed-urls`. */
  sign?: ((url: string) => string) | undefined
}

/**
 * `<darkroom-img>` around an `<img>` that is whole without JavaScript, for pages rendered on a server.
 * @returns HTML; all values are escaped
 */
export function pictureMarkup(picture: PictureMarkup): string {
  const {
    src,
    alt,
    widthPx,
    heightPx,
    sizes = '100vw',
    large,
    priority = false,
    sign = (url) => url,
  } = picture
  const all = rungsOf(widthPx, large)
  const widths = picture.saveData === true && all.length > 1 ? all.slice(0, -1) : all
  const image = {
    // For what does not know srcset.
    src: sign(withWidth(src, rungFor(640, widths) ?? widthPx)),
    srcset: srcsetOf(src, widths, sign),
    sizes,
    width: String(widthPx),
    height: String(heightPx),
    alt,
    ...(priority ? { fetchpriority: 'high' } : { loading: 'lazy' }),
    decoding: 'async',
  }
  const host = {
    ...(picture.sign === undefined ? { src } : {}),
    ...(priority ? { priority: '' } : {}),
    ...(picture.fit === undefined ? {} : { fit: picture.fit }),
    ...(picture.focus === undefined ? {} : { focus: picture.focus }),
  }
  return `<darkroom-img${attributes(host)}><img${attributes(image)}></darkroom-img>`
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
