/**
 * A canvas exactly above an image's content. The image stays what the page has: its place, its text, its address; only
 * its pixels are hidden.
 */
export interface Overlay {
  /** Draws, at once. @param hidesImage where the image's own pixels would shine through */
  show(bitmap: ImageBitmap, hidesImage: boolean): void
  /** Puts it where the image is now. */
  place(): void
  hide(): void
}

export function createOverlay(host: HTMLElement, image: HTMLImageElement): Overlay {
  let canvas: HTMLCanvasElement | undefined
  /** Of the image before it was hidden: as it is laid out, and as its own style has it. */
  let position = ''
  let ownPosition = ''

  const place = (): void => {
    if (canvas === undefined) return
    const style = getComputedStyle(image)
    const [top, right, bottom, left] = (['Top', 'Right', 'Bottom', 'Left'] as const).map((side) =>
      Number.parseFloat(style[`padding${side}`]),
    ) as [number, number, number, number]
    const { style: own } = canvas
    own.left = '0'
    own.top = '0'
    const box = image.getBoundingClientRect()
    // What the page turns or scales is turned and scaled with its host.
    const ratio = box.width / (image.offsetWidth || 1)
    // `offsetWidth` is rounded.
    const scale = Math.abs(ratio - 1) < 0.02 || ratio === 0 ? 1 : ratio
    const width = box.width / scale - image.offsetWidth + image.clientWidth - left - right
    const height = box.height / scale - image.offsetHeight + image.clientHeight - top - bottom
    own.width = `${width}px`
    own.height = `${height}px`
    const from = canvas.getBoundingClientRect()
    own.left = `${(box.left - from.left) / scale + image.clientLeft + left}px`
    own.top = `${(box.top - from.top) / scale + image.clientTop + top}px`
    own.objectFit = style.objectFit
    own.objectPosition = position === '' ? style.objectPosition : position
    own.borderRadius = style.borderRadius
  }
  return {
    place,
    show(bitmap, hidesImage) {
      if (canvas === undefined) {
        canvas = document.createElement('canvas')
        canvas.ariaHidden = 'true'
        Object.assign(canvas.style, {
          position: 'absolute',
          pointerEvents: 'none',
          margin: '0',
          maxWidth: 'none',
          maxHeight: 'none',
        })
        if (getComputedStyle(host).position === 'static') host.style.position = 'relative'
        host.append(canvas)
      }
      canvas.width = bitmap.width
      canvas.height = bitmap.height
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
      if (hidesImage && position === '') {
        position = getComputedStyle(image).objectPosition
        ownPosition = image.style.objectPosition
        image.style.objectPosition = '-99999px 0'
      }
      place()
    },
    hide() {
      if (position !== '') image.style.objectPosition = ownPosition
      position = ''
      canvas?.remove()
      if (canvas !== undefined) canvas.width = 0
      canvas = undefined
    },
  }
}
