import { expect, test } from 'vitest'
import { licenceFaults } from './licences.ts'

function faultsOf(name: string, license?: string): string[] {
  return licenceFaults({ [`node_modules/${name}`]: license === undefined ? {} : { license } })
}

test.each(['MIT', '(MIT OR GPL-3.0)', 'GPL-2.0 OR Apache-2.0', '(MIT AND Zlib)', 'ISC'])(
  '%s may ship',
  (license) => {
    expect(faultsOf('x', license)).toEqual([])
  },
)

test.each([
  'GPL-3.0',
  'AGPL-3.0',
  'MIT AND GPL-3.0',
  'LGPL-3.0-or-later',
  'MPL-2.0',
  'UNLICENSED',
  undefined,
  '(MIT OR (GPL-3.0',
])('%s may not', (license) => expect(faultsOf('x', license)).toHaveLength(1))

test('what is linked at run time is known by name', () => {
  expect(faultsOf('@img/sharp-libvips-linux-x64', 'LGPL-3.0-or-later')).toEqual([])
  expect(faultsOf('@other/sharp-libvips', 'LGPL-3.0-or-later')).toHaveLength(1)
})

test('packages within packages are looked at, our own are not', () => {
  expect(
    licenceFaults({
      '': {},
      'packages/server': {},
      'node_modules/@darkroom/server': { link: true },
      'node_modules/a/node_modules/b': { license: 'GPL-3.0' },
    }),
  ).toEqual(['b is under GPL-3.0'])
})
