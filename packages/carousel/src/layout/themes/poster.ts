import type { Theme } from '../theme.ts'

/** A poster: heavy capitals set tight, one loud colour, square corners. */
export const poster: Theme = {
  name: 'poster',
  title: {
    family: 'Bricolage Grotesque Condensed',
    weight: 800,
    emphasisWeight: 900,
    lineHeight: 0.95,
    letterSpacingEm: -0.02,
    transform: 'upper',
    otherScriptScale: 0.84,
  },
  body: { family: 'Inter', weight: 500, emphasisWeight: 750, lineHeight: 1.36, letterSpacingEm: -0.006 },
  label: {
    family: 'Inter',
    weight: 700,
    emphasisWeight: 800,
    lineHeight: 1.3,
    letterSpacingEm: 0.02,
  },
  sizes: {
    hook: { sizePx: 150, minSizePx: 68 },
    figure: { sizePx: 320, minSizePx: 140 },
    point: { sizePx: 100, minSizePx: 58 },
    cta: { sizePx: 128, minSizePx: 64 },
    body: { sizePx: 44, minSizePx: 33 },
    label: { sizePx: 36, minSizePx: 30 },
    button: { sizePx: 40, minSizePx: 31 },
    handle: { sizePx: 38, minSizePx: 30 },
    mark: { sizePx: 32, minSizePx: 28 },
  },
  align: 'start',
  accent: 'bar',
  number: 'padded',
  pageMark: 'padded',
  button: { shape: 'square', fill: 'accent' },
  dark: { ink: '#ffffff', softInk: '#f4f4f5', accent: '#ffd60a', scrim: '#07080c' },
  light: { ink: '#0b0c10', softInk: '#1d1f26', accent: '#d4002a', scrim: '#ffffff' },
  lightInkBias: 0.2,
  places: { top: 0.02, middle: 0.2, bottom: 0 },
  scrimOnBusy: 0.42,
}
