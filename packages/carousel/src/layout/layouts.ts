import type { SlideKind } from '../slide.ts'
import { credibility } from './layouts/credibility.ts'
import { cta } from './layouts/cta.ts'
import { hook } from './layouts/hook.ts'
import { point } from './layouts/point.ts'
import type { SlideLayout } from './slide-layout.ts'

/** The layout of each kind of slide. */
export const layouts: Readonly<Record<SlideKind, SlideLayout>> = {
  hook,
  credibility,
  point,
  cta,
} satisfies Record<SlideKind, SlideLayout>
