/**
 * How a picture came to be: IPTC's controlled vocabulary (NewsCodes `digitalsourcetype`, 2024-09-17), retired
 * terms included, because files keep what was written into them.
 */
export const digitalSourceTypes = [
  'digitalCapture',
  'computationalCapture',
  'negativeFilm',
  'positiveFilm',
  'print',
  'minorHumanEdits',
  'humanEdits',
  'algorithmicallyEnhanced',
  'dataDrivenMedia',
  'digitalArt',
  'digitalCreation',
  // Made by a trained model: what a diffusion model draws (EU AI Act, Article 50).
  'trainedAlgorithmicMedia',
  // Made by rules, without training data: what a procedural renderer draws.
  'algorithmicMedia',
  'screenCapture',
  'virtualRecording',
  'composite',
  'compositeCapture',
  'compositeSynthetic',
  'compositeWithTrainedAlgorithmicMedia',
  'softwareImage',
] as const

/** A term of IPTC's `digitalsourcetype` vocabulary. */
export type DigitalSourceType = (typeof digitalSourceTypes)[number]

const vocabulary = 'http://cv.iptc.org/newscodes/digitalsourcetype/'

/** The term as XMP writes it: a URI, in http although the site has moved to https (it is a name, not a link). */
export function uriOfDigitalSourceType(type: DigitalSourceType): string {
  return vocabulary + type
}

/** The term of a URI, http or https; `undefined` for any other text. */
export function digitalSourceTypeOfUri(uri: string): DigitalSourceType | undefined {
  const name = uri.trim().replace(/^https:/u, 'http:')
  if (!name.startsWith(vocabulary)) return undefined
  return digitalSourceTypes.find((type) => type === name.slice(vocabulary.length))
}
