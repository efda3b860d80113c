import type { Theme } from '../theme.ts'

/** A magazine: a serif with contrast, a hairline, sentences as they are written. */
export const editorial: Theme = {
  name: 'editorial',
  title: {
    family: 'Fraunces',
    weight: 600,
    emphasisWeight: 800,
    lineHeight: 1.1,
    letterSpacingEm: -0.012,
  },
  body: { family: 'Inter', weight: 450, emphasisWeight: 650, lineHeight: 1.42, letterSpacingEm: -0.006 },
  label: { family: 'Inter', weight: 500, emphasisWeight: 700, lineHeight: 1.3, letterSpacingEm: 0.01 },
  sizes: {
    hook: { sizePx: 116, minSizePx: 60 },
    figure: { sizePx: 232, minSizePx: 116 },
    point: { sizePx: 80, minSizePx: 50 },
    cta: { sizePx: 96, minSizePx: 54 },
    body: { sizePx: 44, minSizePx: 33 },
    label: { sizePx: 36, minSizePx: 30 },
    button: { sizePx: 40, minSizePx: 31 },
    handle: { sizePx: 38, minSizePx: 30 },
    mark: { sizePx: 32, minSizePx: 28 },
  },
  align: 'start',
  accent: 'rule',
  number: 'plain',
  pageMark: 'fraction',
  button: { shape: 'rounded', fill: 'ink' },
  dark: { ink: '#ffffff', softInk: '#f3efe9', accent: '#f2c48d', scrim: '#0d0b0a' },
  light: { ink: '#17130f', softInk: '#2c2620', accent: '#8a4b1f', scrim: '#fbf8f3' },
  lightInkBias: 0.17,
  places: { top: 0.05, middle: 0.22, bottom: 0 },
  scrimOnBusy: 0.34,
}
