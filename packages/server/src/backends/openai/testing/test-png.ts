import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

/**
 * A real PNG of that size: a gradient whose colours come from the text, so that equal texts give equal bytes and
 * different ones different pictures. Written by hand, since a test server should not need what it tests.
 */
export function testPng(widthPx: number, heightPx: number, text: string): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(widthPx, 0)
  header.writeUInt32BE(heightPx, 4)
  // Bit depth 8, colour type 2 (RGB), deflate, adaptive filters, no interlace (PNG 3rd edition §11.2.1).
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixelRows(widthPx, heightPx, text), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function pixelRows(widthPx: number, heightPx: number, text: string): Buffer {
  const colours = createHash('sha256').update(text).digest()
  const rowBytes = 1 + widthPx * 3
  const rows = Buffer.alloc(rowBytes * heightPx)
  for (let y = 0; y < heightPx; y += 1) {
    const blend = heightPx === 1 ? 0 : y / (heightPx - 1)
    const colour = [0, 1, 2].map((c) =>
      Math.round(colours.readUInt8(c) * (1 - blend) + colours.readUInt8(c + 3) * blend),
    )
    // Byte 0 of a row is its filter: none.
    rows.fill(Buffer.from(colour), y * rowBytes + 1, (y + 1) * rowBytes)
  }
  return rows
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(typed.byteLength + 8)
  framed.writeUInt32BE(data.byteLength, 0)
  framed.set(typed, 4)
  framed.writeUInt32BE(crc32(typed), typed.byteLength + 4)
  return framed
}
