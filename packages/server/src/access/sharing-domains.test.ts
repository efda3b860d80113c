import { expect, test } from 'vitest'
import { createSharingDomains, parseSharedDomains } from './sharing-domains.ts'

test('projects share nothing unless they are named together', () => {
  const domains = createSharingDomains(parseSharedDomains('catalogue=shop+outlet, press=news+blog') ?? {})
  expect(domains.domainOf('shop')).toBe(domains.domainOf('outlet'))
  expect(domains.domainOf('news')).not.toBe(domains.domainOf('shop'))
  expect(domains.domainOf('other')).toBe('other')
  expect(domains.edgeDomainsOf('other')).toEqual(['other'])
  expect(domains.edgeDomainsOf('shop')).toEqual([domains.domainOf('shop'), 'shop', 'outlet'])
  // No project of that name can be made to see what they share.
  expect(domains.domainOf('catalogue')).toBe('catalogue')
})

test.each([
  '',
  'a',
  'a=',
  'a=b',
  'a=b+',
  'a=b+b',
  'a=b+c,d=c+e',
  'a=b+c,a=d+e',
  'A=b+c',
  'a=b+c=d',
  'a=b + c',
])('%j is no list of shared domains', (text) => expect(parseSharedDomains(text)).toBeUndefined())
