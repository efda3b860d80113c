import type { SlideFit } from '../slide.ts'
import type { TextBlock } from '../text/text-block.ts'
import { clip } from './pixels.ts'
import type { Pixels } from './pixels.ts'
import type { Scene } from './scene.ts'

/** How the text of a slide came to stand. */
export function fitOf({ parts, foot, region }: Scene, contrastRatio: number, pixels: Pixels): SlideFit {
  const blocks: TextBlock[] = parts.flatMap(({ part }) => (part.type === 'rule' ? [] : [part.block]))
  const title = parts.find(({ part }) => part.type === 'text' && part.isTitle)?.part
  const titleBlock = title?.type === 'text' ? title.block : undefined
  const all = [...blocks, ...(foot?.texts.map(({ block }) => block) ?? [])]
  return {
    fits: all.every((block) => block.fits),
    fontSizePx: titleBlock?.fontSizePx ?? 0,
    lines: titleBlock?.lines.length ?? 0,
    truncated: all.some((block) => block.truncated),
    missingGlyphs: [...new Set(all.flatMap((block) => block.missingGlyphs))],
    contrastRatio: Math.floor(contrastRatio * 100) / 100,
    region: clip(region, pixels),
  }
}
