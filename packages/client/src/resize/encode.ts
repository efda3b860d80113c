/** What is wanted of a file, as canvases have it. */
export interface EncodeWish {
  mediaType: string
  /** 0 to 1; `undefined`: the browser's own. */
  quality: number | undefined
}

/**
 * Encodes pixels in the browser's own encoder. Asked for what it cannot write, a canvas gives PNG without a word:
 * then photographs become JPEG, and pictures with transparency stay PNG.
 */
export async function encodeImage(image: ImageData, { mediaType, quality }: EncodeWish): Promise<Blob> {
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  if (context === null) throw new DOMException('No canvas can be had.', 'InvalidStateError')
  context.putImageData(image, 0, 0)
  const write = async (type: string): Promise<Blob> => {
    if (type === 'image/jpeg') {
      // JPEG has no transparency, and a canvas would have black there.
      context.globalCompositeOperation = 'destination-over'
      context.fillStyle = '#fff'
      context.fillRect(0, 0, image.width, image.height)
    }
    return await canvas.convertToBlob({ type, ...(quality === undefined ? {} : { quality }) })
  }
  try {
    const blob = await write(mediaType)
    return blob.type === mediaType || !isOpaque(image) ? blob : await write('image/jpeg')
  } finally {
    canvas.width = 0
  }
}

function isOpaque({ data }: ImageData): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false
  return true
}
