import type { Arena, Kernel } from './kernel.ts'

/**
 * In which numbers a picture is averaged. `linear`: in amounts of light, as optics would (IEC 61966-2-1 undone and
 * done again). `srgb`: in the numbers of the file, which makes thin bright lines on black too dark.
 */
export type Light = 'linear' | 'srgb'

/** Samples have 14 bits. */
export const sampleMax = 16_383

/** Tables between bytes and samples, in the kernel's memory. */
export interface LightTables {
  /** 256 samples, u16. */
  toSample: number
  /** 16384 bytes. */
  toByte: number
}

export function placeLightTables(kernel: Kernel, arena: Arena, light: Light): LightTables {
  const toSample = arena.take(512)
  const toByte = arena.take(sampleMax + 1)
  const { samples, bytes } = (tables[light] ??= tablesOf(light))
  new Uint16Array(kernel.memory.buffer, toSample, 256).set(samples)
  new Uint8Array(kernel.memory.buffer, toByte, sampleMax + 1).set(bytes)
  return { toSample, toByte }
}

interface Tables {
  samples: Uint16Array
  bytes: Uint8Array
}

/** Sixteen thousand powers take a millisecond: as long as a small picture. */
const tables: Partial<Record<Light, Tables>> = {}

function tablesOf(light: Light): Tables {
  return {
    samples: Uint16Array.from({ length: 256 }, (_, i) => Math.round(lightOf(i / 255, light) * sampleMax)),
    bytes: Uint8Array.from({ length: sampleMax + 1 }, (_, i) =>
      Math.round(numberOf(i / sampleMax, light) * 255),
    ),
  }
}

function lightOf(number: number, light: Light): number {
  if (light === 'srgb') return number
  return number <= 0.040_45 ? number / 12.92 : ((number + 0.055) / 1.055) ** 2.4
}

function numberOf(amount: number, light: Light): number {
  if (light === 'srgb') return amount
  return amount <= 0.003_130_8 ? amount * 12.92 : 1.055 * amount ** (1 / 2.4) - 0.055
}
