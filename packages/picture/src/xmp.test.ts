import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digitalSourceTypes, uriOfDigitalSourceType } from './digital-source-type.ts'
import { readDigitalSourceType, readMark, writeXmp } from './xmp.ts'

const uri = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'
const iptc = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/'

function packet(description: string): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${description}</rdf:RDF></x:xmpmeta>`
}

describe('readDigitalSourceType', () => {
  test.each([
    [
      'an element',
      `<rdf:Description xmlns:Iptc4xmpExt="${iptc}"><Iptc4xmpExt:DigitalSourceType>${uri}</Iptc4xmpExt:DigitalSourceType></rdf:Description>`,
    ],
    [
      'an element on its own lines',
      `<rdf:Description xmlns:Iptc4xmpExt="${iptc}">\n<Iptc4xmpExt:DigitalSourceType>\n ${uri}\n</Iptc4xmpExt:DigitalSourceType></rdf:Description>`,
    ],
    ['an attribute', `<rdf:Description xmlns:Iptc4xmpExt="${iptc}" Iptc4xmpExt:DigitalSourceType="${uri}"/>`],
    [
      'an attribute before its declaration, in single quotes',
      `<rdf:Description\n Iptc4xmpExt:DigitalSourceType='${uri}' xmlns:Iptc4xmpExt='${iptc}'/>`,
    ],
    [
      'a resource',
      `<rdf:Description xmlns:Iptc4xmpExt="${iptc}">\n<Iptc4xmpExt:DigitalSourceType rdf:resource="${uri}"/>\n</rdf:Description>`,
    ],
    ['another prefix', `<rdf:Description xmlns:ext="${iptc}" ext:DigitalSourceType="${uri}"/>`],
    [
      'https',
      `<rdf:Description xmlns:Iptc4xmpExt="${iptc}" Iptc4xmpExt:DigitalSourceType="${uri.replace('http:', 'https:')}"/>`,
    ],
  ])('reads %s', (_form, description) => {
    expect(readDigitalSourceType(packet(description))).toBe('trainedAlgorithmicMedia')
    expect(readDigitalSourceType(Buffer.from(packet(description)))).toBe('trainedAlgorithmicMedia')
  })

  test.each([
    ['no property', '<rdf:Description/>'],
    [
      'the right name in another namespace',
      `<rdf:Description xmlns:a="urn:other" a:DigitalSourceType="${uri}"/>`,
    ],
    ['an unknown term', `<rdf:Description xmlns:a="${iptc}" a:DigitalSourceType="${uri}2"/>`],
    [
      'another vocabulary',
      `<rdf:Description xmlns:a="${iptc}" a:DigitalSourceType="http://example.org/trainedAlgorithmicMedia"/>`,
    ],
    ['a longer name', `<rdf:Description xmlns:a="${iptc}" a:DigitalSourceTypes="${uri}"/>`],
  ])('finds nothing in %s', (_what, description) => {
    expect(readDigitalSourceType(packet(description))).toBeUndefined()
  })

  test('answers any text with a term or nothing, and a large hostile one too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readDigitalSourceType(packet(`<a xmlns:p="${iptc}">${text}</a>`))).toBeUndefined()
      }),
    )
    const declarations = `xmlns:p="${iptc}" `.repeat(5000)
    expect(readMark(`<a ${declarations}${'<p:DigitalSourceType '.repeat(20_000)}`)).toBeUndefined()
  })
})

describe('writeXmp', () => {
  test.each(digitalSourceTypes)('%s reads back', (digitalSourceType) => {
    const xmp = writeXmp({ digitalSourceType })
    expect(xmp).toContain(uriOfDigitalSourceType(digitalSourceType))
    expect(readMark(xmp)).toEqual({ digitalSourceType })
  })

  test('a creator tool reads back, whatever its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
        const creatorTool = name.trim()
        fc.pre(creatorTool !== '')
        expect(readMark(writeXmp({ digitalSourceType: 'algorithmicMedia', creatorTool }))?.creatorTool).toBe(
          creatorTool,
        )
      }),
    )
    const creatorTool = `Darkroom (a&b <c> "d" 'e' &lt;)`
    expect(readMark(writeXmp({ digitalSourceType: 'algorithmicMedia', creatorTool }))?.creatorTool).toBe(
      creatorTool,
    )
  })

  test('what XML cannot say is left out, and what is too long is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (creatorTool) => {
        const xmp = writeXmp({ digitalSourceType: 'algorithmicMedia', creatorTool })
        expect(xmp.isWellFormed()).toBe(true)
        // oxlint-disable-next-line no-control-regex -- these are what must not be there
        expect(xmp).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u)
        expect(readDigitalSourceType(xmp)).toBe('algorithmicMedia')
      }),
    )
    const long = writeXmp({ digitalSourceType: 'algorithmicMedia', creatorTool: '&'.repeat(1_000_000) })
    expect(Buffer.byteLength(long)).toBeLessThan(4096)
  })
})
