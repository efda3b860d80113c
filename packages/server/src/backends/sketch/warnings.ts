import { subjectNames, type SceneName } from './words/meaning.ts'
import { styleOf } from './words/parse-prompt.ts'
import type { Reading } from './words/reading.ts'

const styleList = 'gouache, watercolor, minimal, poster, ink, retro and pastel'

/** What was asked for and not drawn, as sentences for the user. */
export function warningsOf(
  reading: Reading,
  scene: SceneName | undefined,
  style: string | undefined,
): string[] {
  const warnings: string[] = []
  if (scene === undefined) {
    warnings.push(
      'The model sketch-1 draws a fixed set of scenes and subjects; nothing in this prompt matched one, ' +
        'so it made an abstract picture of the words.',
    )
  } else if (reading.unknownNouns.length > 0) {
    const list = new Intl.ListFormat('en').format(reading.unknownNouns.map((noun) => `“${noun}”`))
    warnings.push(
      `The model sketch-1 has no shape for ${list}; its subjects are ${new Intl.ListFormat('en').format(subjectNames)}.`,
    )
  }
  if (reading.crowdedOut.length > 0) {
    const list = new Intl.ListFormat('en').format(reading.crowdedOut)
    warnings.push(`One picture has at most three subjects; sketch-1 left out ${list}.`)
  }
  if (style !== undefined && style.trim() !== '' && styleOf(style) === undefined) {
    warnings.push(`This style is unknown to sketch-1 and was ignored; its styles are ${styleList}.`)
  }
  return warnings
}
