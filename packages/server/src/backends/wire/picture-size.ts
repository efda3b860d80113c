/** Width and height that a PNG or a JPEG says of itself; `undefined` for anything else. Nothing is decoded. */
export function pictureSizeOf(bytes: Uint8Array): { widthPx: number; heightPx: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = pngSize(view) ?? jpegSize(view)
  return size !== undefined && size.widthPx > 0 && size.heightPx > 0 ? size : undefined
}

/** Out of the IHDR chunk (PNG 3rd edition §11.2.1). */
function pngSize(view: DataView): { widthPx: number; heightPx: number } | undefined {
  if (view.byteLength < 24 || view.getUint32(12) !== 0x49_48_44_52) return undefined
  return { widthPx: view.getUint32(16), heightPx: view.getUint32(20) }
}

/** Out of the frame header, behind whatever segments come before it (ITU-T T.81 §B.2.2). */
function jpegSize(view: DataView): { widthPx: number; heightPx: number } | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xff_d8) return undefined
  for (let at = 2; at + 9 <= view.byteLength;) {
    const marker = view.getUint16(at)
    if (marker < 0xff_01) return undefined
    const isFrame = marker >= 0xff_c0 && marker <= 0xff_cf && ![0xff_c4, 0xff_c8, 0xff_cc].includes(marker)
    if (isFrame) return { heightPx: view.getUint16(at + 5), widthPx: view.getUint16(at + 7) }
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}
