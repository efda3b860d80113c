/** A JPEG with an EXIF segment that says how it is to be turned (Exif 2.32, 4.5.4), and nothing else. */
export function withOrientation(jpeg: Uint8Array, orientation: number): Buffer {
  const tiff = Buffer.alloc(26)
  tiff.write('MM\0*', 0, 'latin1')
  tiff.writeUInt32BE(8, 4)
  tiff.writeUInt16BE(1, 8)
  tiff.writeUInt16BE(0x01_12, 10)
  tiff.writeUInt16BE(3, 12)
  tiff.writeUInt32BE(1, 14)
  tiff.writeUInt16BE(orientation, 18)
  const segment = Buffer.alloc(10)
  segment.writeUInt16BE(0xff_e1, 0)
  segment.writeUInt16BE(8 + tiff.length, 2)
  segment.write('Exif\0\0', 4, 'latin1')
  return Buffer.concat([jpeg.subarray(0, 2), segment, tiff, jpeg.subarray(2)])
}
