import type { SlideFit } from '@darkroom/carousel'

/** What somebody should look at before posting a slide, a sentence each; none where all is well. */
export function fitNotes(fit: SlideFit): string[] {
  const notes = []
  if (fit.truncated) notes.push('the text is too long and ends in an ellipsis: shorten it')
  else if (!fit.fits)
    notes.push(`the text is set smaller than it should be (${fit.fontSizePx} px): shorten it`)
  if (fit.missingGlyphs.length > 0) {
    const named = fit.missingGlyphs.map((glyph) => `${glyph} (${codePointsOf(glyph)})`)
    notes.push(`no font has ${named.join(', ')}: add a font by brand.fonts`)
  }
  return notes
}

/** `U+1F600`. */
function codePointsOf(text: string): string {
  const names = Array.from(text, (each) => (each.codePointAt(0) ?? 0).toString(16).toUpperCase())
  return names.map((name) => `U+${name.padStart(4, '0')}`).join(' ')
}
