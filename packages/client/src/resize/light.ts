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
  const samples = new Uint16Array(kernel.memory.buffer, toSample, 256)
  const bytes = new Uint8Array(kernel.memory.buffer, toByte, sampleMax + 1)
  for (let i = 0; i < 256; i++) samples[i] = Math.round(lightOf(i / 255, light) * sampleMax)
  for (let i = 0; i <= sampleMax; i++) bytes[i] = Math.round(numberOf(i / sampleMax, light) * 255)
  return { toSample, toByte }
}

function lightOf(number: number, light: Light): number {
  if (light === 'srgb') return number
  return number <= 0.040_45 ? number / 12.92 : ((number + 0.055) / 1.055) ** 2.4
}

function numberOf(amount: number, light: Light): number {
  if (light === 'srgb') return amount
  return amount <= 0.003_130_8 ? amount * 12.92 : 1.055 * amount ** (1 / 2.4) - 0.055
}
