import type { Slide } from '../../api/shapes.ts'

/** What somebody should look at before posting a slide, a sentence each; none where all is well. */
export function fitNotes({ fit, error }: Pick<Slide, 'fit' | 'error'>): string[] {
  const notes = error === undefined ? [] : [error.message]
  if (fit === null) return notes
  if (fit.truncated) notes.push('The text is too long and ends in an ellipsis: shorten it.')
  else if (!fit.fits)
    notes.push(`The text is set smaller than it should be (${fit.fontSizePx} px): shorten it.`)
  if (fit.missingGlyphs.length > 0)
    notes.push(`No font has ${fit.missingGlyphs.slice(0, 8).join(' ')}: use other characters.`)
  return notes
}
