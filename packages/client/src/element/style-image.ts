/**
 * What attributes of the element mean for its image's style. Set by property, which a policy without inline styles
 * allows.
 */
export function styleImage(host: Element, image: HTMLImageElement, isLoaded = false): void {
  const { style } = image
  const fit = host.getAttribute('fit')
  const focus = host.getAttribute('focus')
  const ratio = host.getAttribute('aspect-ratio')
  if (fit !== null) style.objectFit = fit
  if (focus !== null) style.objectPosition = focusPosition(focus)
  if (ratio !== null) {
    style.aspectRatio = ratio.replace(':', '/')
    if (!host.hasAttribute('width')) style.width = '100%'
    if (fit === null) style.objectFit = 'cover'
  }
  if (host.hasAttribute('priority')) {
    image.fetchPriority = 'high'
    image.loading = 'eager'
  } else if (host.hasAttribute('loading')) {
    image.loading = host.getAttribute('loading') === 'lazy' ? 'lazy' : 'eager'
  }
  // Without a source an image is a piece of text, and has no size.
  if (!image.hasAttribute('src') && !image.hasAttribute('srcset')) {
    style.display = 'inline-block'
    style.overflow = 'hidden'
    sourceless.add(image)
  } else if (sourceless.delete(image)) {
    style.display = ''
    style.overflow = ''
  }
  styleWaiting(host.getAttribute('placeholder') ?? '', style, isLoaded)
}

const sourceless = new WeakSet<HTMLImageElement>()

/** A colour or a picture that is seen until the picture is; '' is for prompts, whose server has one. */
function styleWaiting(placeholder: string, style: CSSStyleDeclaration, isLoaded: boolean): void {
  if (placeholder === '') return
  const isColour = CSS.supports('color', placeholder)
  if (isColour) style.backgroundColor = isLoaded ? '' : placeholder
  else style.background = isLoaded ? '' : `center / cover no-repeat url(${JSON.stringify(placeholder)})`
}

/** `30% 20%` and all that CSS has, or two shares from the left and from above: `0.3,0.2`. */
export function focusPosition(focus: string): string {
  const shares = /^\s*(?<x>[01]?\.?\d+)\s*,\s*(?<y>[01]?\.?\d+)\s*$/u.exec(focus)?.groups
  if (shares === undefined) return focus
  return `${Number(shares['x']) * 100}% ${Number(shares['y']) * 100}%`
}

/** How wide the whole picture is where it is shown, in CSS pixels: more than its box where it is cropped. */
export function shownWidthPx(host: Element, image: HTMLImageElement): number {
  const widthPx =
    image.clientWidth || Number(host.getAttribute('width')) || host.parentElement?.clientWidth || 0
  const heightPx = image.clientHeight
  const ratio = image.naturalHeight > 0 ? image.naturalWidth / image.naturalHeight : 0
  if (ratio === 0 || heightPx === 0) return widthPx
  const { objectFit } = getComputedStyle(image)
  if (objectFit === 'cover') return Math.max(widthPx, heightPx * ratio)
  if (objectFit === 'contain' || objectFit === 'scale-down') return Math.min(widthPx, heightPx * ratio)
  return widthPx
}
