import { digitalSourceTypeOfUri, uriOfDigitalSourceType } from './digital-source-type.ts'
import type { DigitalSourceType } from './digital-source-type.ts'

/** What a picture says of its origin. */
export interface PictureMark {
  digitalSourceType: DigitalSourceType
  /** The program that made it (`xmp:CreatorTool`), e.g. `Darkroom (sketch:sketch-1)`. */
  creatorTool?: string
}

const iptcExtension = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/'
const xmpBasic = 'http://ns.adobe.com/xap/1.0/'

/** Longer names are cut: a packet must fit the 64 KiB of one JPEG segment whatever a model is called. */
const maxCreatorToolCharacters = 256

/** Nobody's XMP is larger; a hostile file's is read no further. */
const maxReadBytes = 256 * 1024

/**
 * An XMP packet (ISO 16684-1) with the mark and nothing else. What XML cannot say (control characters, lone
 * surrogates) is left out of the creator tool: a model's odd name must not fail its picture.
 */
export function writeXmp(mark: PictureMark): string {
  const creatorTool =
    mark.creatorTool === undefined
      ? []
      : [`   <xmp:CreatorTool>${xmlText(mark.creatorTool)}</xmp:CreatorTool>`]
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    `  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="${iptcExtension}" xmlns:xmp="${xmpBasic}">`,
    ...creatorTool,
    `   <Iptc4xmpExt:DigitalSourceType>${uriOfDigitalSourceType(mark.digitalSourceType)}</Iptc4xmpExt:DigitalSourceType>`,
    '  </rdf:Description>',
    ' </rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n')
}

/** The digital source type of an XMP packet, under whatever prefix and in either form that RDF allows. */
export function readDigitalSourceType(xmp: string | Uint8Array): DigitalSourceType | undefined {
  for (const value of valuesOf(textOf(xmp), iptcExtension, 'DigitalSourceType')) {
    const type = digitalSourceTypeOfUri(value)
    if (type !== undefined) return type
  }
  return undefined
}

/** The mark of an XMP packet; `undefined` when it does not say how the picture came to be. */
export function readMark(xmp: string | Uint8Array): PictureMark | undefined {
  const digitalSourceType = readDigitalSourceType(xmp)
  if (digitalSourceType === undefined) return undefined
  const [creatorTool] = valuesOf(textOf(xmp), xmpBasic, 'CreatorTool')
  return creatorTool === undefined ? { digitalSourceType } : { digitalSourceType, creatorTool }
}

function textOf(xmp: string | Uint8Array): string {
  // XMP in JPEG, PNG, WebP and AVIF is UTF-8 (XMP part 3). What is not decodes to U+FFFD and matches nothing.
  return typeof xmp === 'string'
    ? xmp.slice(0, maxReadBytes)
    : new TextDecoder().decode(xmp.subarray(0, maxReadBytes))
}

/**
 * Values of a simple property: as an attribute, as an element's text or as its `rdf:resource`. The packet is
 * searched, not parsed: an XML parser would be one more thing that reads strangers' bytes, entities included.
 * Every pattern starts at a literal and has no nested repetition, so hostile text costs linear time.
 */
function valuesOf(xmp: string, namespace: string, property: string): string[] {
  const values: string[] = []
  for (const prefix of prefixesOf(xmp, namespace)) {
    const name = `${prefix}:${property}`
    const forms = [
      `<${name}\\s[^<>]*?\\bresource\\s?=\\s?["']([^"'<]*)["']`,
      `<${name}(?:\\s[^<>]*)?>([^<]*)<`,
      `\\s${name}\\s?=\\s?"([^"<]*)"`,
      `\\s${name}\\s?=\\s?'([^'<]*)'`,
    ]
    for (const [, ...groups] of xmp.matchAll(new RegExp(forms.join('|'), 'gu'))) {
      const value = plainText(groups.join('')).trim()
      if (value !== '') values.push(value)
    }
  }
  return values
}

/** Prefixes with nothing in them that a pattern would have to escape: nobody uses others. */
const prefixDeclaration = /\bxmlns:([A-Za-z_][\w-]*)\s?=\s?["']([^"'<]*)["']/gu

/** Each prefix costs a search of the packet; a file that declares a thousand is up to no good. */
const maxPrefixes = 4

function prefixesOf(xmp: string, namespace: string): Set<string> {
  const prefixes = new Set<string>()
  for (const [, prefix = '', uri] of xmp.matchAll(prefixDeclaration)) {
    if (uri === namespace) prefixes.add(prefix)
    if (prefixes.size === maxPrefixes) break
  }
  return prefixes
}

const entities: readonly (readonly [character: string, entity: string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
]

function xmlText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- XML 1.0 §2.2: these cannot be written at all, not even escaped.
  const writable = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, '')
  const cut = writable.slice(0, maxCreatorToolCharacters).toWellFormed()
  return entities.reduce((escaped, [character, entity]) => escaped.replaceAll(character, entity), cut)
}

function plainText(xml: string): string {
  // The ampersand last: `&amp;lt;` is the text `&lt;`.
  return entities.toReversed().reduce((text, [character, entity]) => text.replaceAll(entity, character), xml)
}
