const segmenter = new Intl.Segmenter()

/** Characters as readers count them, without the marks of emphasis. */
export function shownLength(markup: string): number {
  return [...segmenter.segment(markup.replaceAll('**', '').trim())].length
}
