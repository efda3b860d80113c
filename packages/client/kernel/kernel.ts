/**
 * The inner loops of resizing, in AssemblyScript: planes of 16-bit samples, filtered along rows and then along
 * columns, 8 samples an instruction. The caller lays out the memory and says where things are; addresses and strides
 * are in bytes, and every row and table is at a multiple of 16.
 *
 * Samples are linear light, or sRGB, from 0 to 16383: twice as much fits, because a filter with negative lobes
 * overshoots, and what is cut off between the two passes is missing after the second. Coefficients have 14 bits and
 * their sum is 16384 for each sample made.
 */

const half: i32 = 8192

/** Four entries of a table, side by side. */
// @ts-ignore: decorator
@inline
function four(table: usize, a: u32, b: u32, c: u32, d: u32): u64 {
  return (
    <u64>load<u16>(table + (a << 1)) |
    (<u64>load<u16>(table + (b << 1)) << 16) |
    (<u64>load<u16>(table + (c << 1)) << 32) |
    (<u64>load<u16>(table + (d << 1)) << 48)
  )
}

/** One row of opaque RGBA pixels → three rows of samples. Reads and writes up to 3 pixels beyond `count`. */
export function splitOpaque(source: usize, count: i32, table: usize, red: usize, stride: usize): void {
  const green = red + stride
  const blue = green + stride
  const end = source + (<usize>count << 2)
  for (let at: usize = 0; source < end; source += 16) {
    const a = load<u32>(source)
    const b = load<u32>(source, 4)
    const c = load<u32>(source, 8)
    const d = load<u32>(source, 12)
    store<u64>(red + at, four(table, a & 0xff, b & 0xff, c & 0xff, d & 0xff))
    store<u64>(green + at, four(table, (a >> 8) & 0xff, (b >> 8) & 0xff, (c >> 8) & 0xff, (d >> 8) & 0xff))
    store<u64>(blue + at, four(table, (a >> 16) & 0xff, (b >> 16) & 0xff, (c >> 16) & 0xff, (d >> 16) & 0xff))
    at += 8
  }
}

/** The same where a sample is 64 times the byte. */
export function splitOpaquePlain(source: usize, count: i32, red: usize, stride: usize): void {
  const green = red + stride
  const blue = green + stride
  const end = source + (<usize>count << 2)
  const low = i16x8.splat(0xff)
  for (let at: usize = 0; source < end; source += 32) {
    const a = v128.load(source)
    const b = v128.load(source, 16)
    // Red and green of each pixel, then blue and alpha.
    const rg = v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
    const ba = v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
    v128.store(red + at, i16x8.shl(v128.and(rg, low), 6))
    v128.store(green + at, i16x8.shl(i16x8.shr_u(rg, 8), 6))
    v128.store(blue + at, i16x8.shl(v128.and(ba, low), 6))
    at += 16
  }
}

/** One row of RGBA pixels → three rows of samples, multiplied by alpha, and one of alpha. */
export function splitAlpha(source: usize, count: i32, table: usize, red: usize, stride: usize): void {
  const green = red + stride
  const blue = green + stride
  const alpha = blue + stride
  let at: usize = 0
  for (let i = 0; i < count; i++) {
    const pixel = load<u32>(source + (<usize>i << 2))
    const a = pixel >> 24
    // 0 … 255 → 0 … 16383, and a product of the two back into 14 bits.
    const scaled = (a * 16383 + 127) / 255
    store<u16>(red + at, (<u32>load<u16>(table + ((pixel & 0xff) << 1)) * scaled + 8191) / 16383)
    store<u16>(green + at, (<u32>load<u16>(table + (((pixel >> 8) & 0xff) << 1)) * scaled + 8191) / 16383)
    store<u16>(blue + at, (<u32>load<u16>(table + (((pixel >> 16) & 0xff) << 1)) * scaled + 8191) / 16383)
    store<u16>(alpha + at, scaled)
    at += 2
  }
}

/** Bytes of one plane → samples: sixteen times … 64 times their value. Reads and writes up to 15 beyond `count`. */
export function widen(source: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i += 16) {
    const bytes = v128.load(source + i)
    v128.store(target + (<usize>i << 1), i16x8.shl(i16x8.extend_low_i8x16_u(bytes), 6))
    v128.store(target + (<usize>i << 1) + 16, i16x8.shl(i16x8.extend_high_i8x16_u(bytes), 6))
  }
}

/** The four sums of four vectors, in order. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7))
  // ab: a0+a2, b0+b2, a1+a3, b1+b3
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
}

/**
 * Two rows of samples → two rows of `count` samples (a multiple of 4; the tables are as long).
 * @param starts for each sample the address of its first source sample, relative to the row, as u32
 * @param vectors coefficients of a sample, in eights
 */
export function filterRows(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  count: i32,
  starts: usize,
  coefficients: usize,
  vectors: i32,
): void {
  const bytes = <usize>vectors << 4
  const rounding = i32x4.splat(half)
  for (let i = 0; i < count; i += 4) {
    const place = starts + (<usize>i << 2)
    const table = coefficients + <usize>i * bytes
    let a0 = i32x4.splat(0)
    let b0 = a0
    let c0 = a0
    let d0 = a0
    let a1 = a0
    let b1 = a0
    let c1 = a0
    let d1 = a0
    const a = source + load<u32>(place)
    const b = source + load<u32>(place, 4)
    const c = source + load<u32>(place, 8)
    const d = source + load<u32>(place, 12)
    for (let at: usize = 0; at < bytes; at += 16) {
      const p = v128.load(table + at)
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load(a + at), p))
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load(a + at + sourceStride), p))
      const q = v128.load(table + bytes + at)
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(v128.load(b + at), q))
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(v128.load(b + at + sourceStride), q))
      const r = v128.load(table + 2 * bytes + at)
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load(c + at), r))
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load(c + at + sourceStride), r))
      const s = v128.load(table + 3 * bytes + at)
      d0 = i32x4.add(d0, i32x4.dot_i16x8_s(v128.load(d + at), s))
      d1 = i32x4.add(d1, i32x4.dot_i16x8_s(v128.load(d + at + sourceStride), s))
    }
    const first = i32x4.shr_s(i32x4.add(sums(a0, b0, c0, d0), rounding), 14)
    const second = i32x4.shr_s(i32x4.add(sums(a1, b1, c1, d1), rounding), 14)
    const narrow = i16x8.narrow_i32x4_s(first, second)
    const to = target + (<usize>i << 1)
    v128.store64_lane(to, narrow, 0)
    v128.store64_lane(to + targetStride, narrow, 1)
  }
}

/**
 * Rows of samples → one row, from 0 to 16383.
 * @param rows addresses of the rows, as u32; an even number
 * @param coefficients one a row, as i16
 * @param count samples; up to 15 more are written
 */
export function filterColumns(rows: usize, rowCount: i32, coefficients: usize, target: usize, count: i32): void {
  const rounding = i32x4.splat(half)
  const most = i16x8.splat(16383)
  const least = i16x8.splat(0)
  const width = <usize>count << 1
  for (let x: usize = 0; x < width; x += 32) {
    let a = rounding
    let b = rounding
    let c = rounding
    let d = rounding
    for (let row = 0; row < rowCount; row += 2) {
      const pair = v128.load32_splat(coefficients + (<usize>row << 1))
      const upper = <usize>load<u32>(rows + (<usize>row << 2)) + x
      const lower = <usize>load<u32>(rows + (<usize>row << 2), 4) + x
      const u = v128.load(upper)
      const l = v128.load(lower)
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.shuffle<i16>(u, l, 0, 8, 1, 9, 2, 10, 3, 11), pair))
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.shuffle<i16>(u, l, 4, 12, 5, 13, 6, 14, 7, 15), pair))
      const v = v128.load(upper, 16)
      const m = v128.load(lower, 16)
      c = i32x4.add(c, i32x4.dot_i16x8_s(v128.shuffle<i16>(v, m, 0, 8, 1, 9, 2, 10, 3, 11), pair))
      d = i32x4.add(d, i32x4.dot_i16x8_s(v128.shuffle<i16>(v, m, 4, 12, 5, 13, 6, 14, 7, 15), pair))
    }
    const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 14), i32x4.shr_s(b, 14))
    const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, 14), i32x4.shr_s(d, 14))
    v128.store(target + x, i16x8.min_s(i16x8.max_s(low, least), most))
    v128.store(target + x, i16x8.min_s(i16x8.max_s(high, least), most), 16)
  }
}

/** Three rows of samples → opaque RGBA pixels. @param table of 16384 bytes */
export function joinOpaque(red: usize, stride: usize, count: i32, table: usize, target: usize): void {
  const green = red + stride
  const blue = green + stride
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 1
    const r = <u32>load<u8>(table + load<u16>(red + at))
    const g = <u32>load<u8>(table + load<u16>(green + at))
    const b = <u32>load<u8>(table + load<u16>(blue + at))
    store<u32>(target + (<usize>i << 2), r | (g << 8) | (b << 16) | 0xff000000)
  }
}

/** The same where a sample is 64 times the byte. Writes up to 7 pixels beyond `count`. */
export function joinOpaquePlain(red: usize, stride: usize, count: i32, target: usize): void {
  const green = red + stride
  const blue = green + stride
  const rounding = i16x8.splat(32)
  const most = i16x8.splat(255)
  const opaque = i16x8.splat(-256)
  const width = <usize>count << 1
  for (let at: usize = 0; at < width; at += 16) {
    const r = i16x8.min_s(i16x8.shr_u(i16x8.add(v128.load(red + at), rounding), 6), most)
    const g = i16x8.min_s(i16x8.shr_u(i16x8.add(v128.load(green + at), rounding), 6), most)
    const b = i16x8.min_s(i16x8.shr_u(i16x8.add(v128.load(blue + at), rounding), 6), most)
    const rg = v128.or(r, i16x8.shl(g, 8))
    const ba = v128.or(b, opaque)
    v128.store(target + (at << 1), v128.shuffle<i16>(rg, ba, 0, 8, 1, 9, 2, 10, 3, 11))
    v128.store(target + (at << 1), v128.shuffle<i16>(rg, ba, 4, 12, 5, 13, 6, 14, 7, 15), 16)
  }
}

/** Four rows of samples, multiplied by alpha, → RGBA pixels that are not. */
export function joinAlpha(red: usize, stride: usize, count: i32, table: usize, target: usize): void {
  const green = red + stride
  const blue = green + stride
  const alpha = blue + stride
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 1
    const a = <u32>load<u16>(alpha + at)
    if ((a * 255 + 8191) / 16383 == 0) {
      store<u32>(target + (<usize>i << 2), 0)
      continue
    }
    const r = <u32>load<u8>(table + straight(load<u16>(red + at), a))
    const g = <u32>load<u8>(table + straight(load<u16>(green + at), a))
    const b = <u32>load<u8>(table + straight(load<u16>(blue + at), a))
    store<u32>(target + (<usize>i << 2), r | (g << 8) | (b << 16) | (((a * 255 + 8191) / 16383) << 24))
  }
}

// @ts-ignore: decorator
@inline
function straight(sample: u32, alpha: u32): u32 {
  const value = (sample * 16383 + (alpha >> 1)) / alpha
  return value > 16383 ? 16383 : value
}

/**
 * One row of Y and the rows of Cb and Cr beside it, all as wide → opaque RGBA pixels (ITU-R BT.601 or 709). Reads and
 * writes up to 3 pixels beyond `count`.
 * @param numbers seven i32 in units of 1/8192: the level of black and the scale of Y, what Cr gives red, what Cb and
 *   Cr take from green, what Cb gives blue, and the level of grey
 */
export function joinPlanar(luma: usize, blueness: usize, redness: usize, count: i32, numbers: usize, target: usize): void {
  const black = v128.load32_splat(numbers)
  const scale = v128.load32_splat(numbers, 4)
  const redOfCr = v128.load32_splat(numbers, 8)
  const greenOfCb = v128.load32_splat(numbers, 12)
  const greenOfCr = v128.load32_splat(numbers, 16)
  const blueOfCb = v128.load32_splat(numbers, 20)
  const grey = v128.load32_splat(numbers, 24)
  // 64 × 8192 units are one.
  const rounding = i32x4.splat(1 << 18)
  const opaque = i32x4.splat(255)
  for (let i = 0; i < count; i += 4) {
    const at = <usize>i << 1
    const y = i32x4.add(i32x4.mul(i32x4.sub(v128.load_ext<u16>(luma + at), black), scale), rounding)
    const cb = i32x4.sub(v128.load_ext<u16>(blueness + at), grey)
    const cr = i32x4.sub(v128.load_ext<u16>(redness + at), grey)
    const r = i32x4.shr_s(i32x4.add(y, i32x4.mul(redOfCr, cr)), 19)
    const g = i32x4.shr_s(i32x4.sub(i32x4.sub(y, i32x4.mul(greenOfCb, cb)), i32x4.mul(greenOfCr, cr)), 19)
    const b = i32x4.shr_s(i32x4.add(y, i32x4.mul(blueOfCb, cb)), 19)
    const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(r, g), i16x8.narrow_i32x4_s(b, opaque))
    v128.store(
      target + (<usize>i << 2),
      v128.shuffle<i8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    )
  }
}
