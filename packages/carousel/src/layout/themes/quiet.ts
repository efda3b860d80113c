import type { Theme } from '../theme.ts'

/** A quiet page: everything centred, a light geometric face, air, and dark ink wherever the photo lets it. */
export const quiet: Theme = {
  name: 'quiet',
  title: { family: 'Inter', weight: 560, emphasisWeight: 700, lineHeight: 1.16, letterSpacingEm: -0.012 },
  body: { family: 'Inter', weight: 460, emphasisWeight: 600, lineHeight: 1.42, letterSpacingEm: 0 },
  label: { family: 'Inter', weight: 500, emphasisWeight: 700, lineHeight: 1.3, letterSpacingEm: 0.03 },
  sizes: {
    hook: { sizePx: 100, minSizePx: 56 },
    figure: { sizePx: 220, minSizePx: 112 },
    point: { sizePx: 70, minSizePx: 48 },
    cta: { sizePx: 84, minSizePx: 52 },
    body: { sizePx: 44, minSizePx: 33 },
    label: { sizePx: 36, minSizePx: 30 },
    button: { sizePx: 40, minSizePx: 31 },
    handle: { sizePx: 38, minSizePx: 30 },
    mark: { sizePx: 32, minSizePx: 28 },
  },
  align: 'center',
  accent: 'none',
  number: 'ring',
  pageMark: 'dots',
  button: { shape: 'pill', fill: 'outline' },
  dark: { ink: '#ffffff', softInk: '#f1f3f2', accent: '#cfe3d6', scrim: '#10151a' },
  light: { ink: '#1b2126', softInk: '#323a40', accent: '#3c6e57', scrim: '#f7f8f6' },
  lightInkBias: 0.1,
  places: { top: 0, middle: 0.2, bottom: 0.02 },
  scrimOnBusy: 0.38,
}
