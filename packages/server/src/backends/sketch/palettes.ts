import type { Palette, TimeOfDay } from './palette.ts'
import { dusk, night, sunset } from './palettes-evening.ts'
import { dawn, day } from './palettes-morning.ts'

/** Every palette, by time of day. */
export const palettes: Readonly<Record<TimeOfDay, readonly [Palette, ...Palette[]]>> = {
  dawn,
  day,
  sunset,
  dusk,
  night,
}
