import { readFileSync } from 'node:fs'

/**
 * Checks the licence of every package in `package-lock.json`, those of development included: what ships may be given
 * on under Apache-2.0 (docs/decisions/0017-dependencies.md).
 */

/** Permissive: to be named, no more. */
const permitted = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
])

/** With conditions that hold here, by the package's name and the licence. */
const exceptions: readonly { package: RegExp; licence: string; why: string }[] = [
  {
    package: /^@img\/sharp-/u,
    licence: 'LGPL-3.0-or-later',
    why: 'libvips, a library of its own that is linked at run time and can be replaced',
  },
  {
    package: /^(?:@fontsource(?:-variable)?|@infolektuell)\//u,
    licence: 'OFL-1.1',
    why: 'fonts, given on with software and unchanged, under their own names',
  },
  ...['Python-2.0', 'PSF-2.0'].map((licence) => ({
    package: /^argparse$/u,
    licence,
    why: 'permissive; a part of what makes types of schemas, for development alone',
  })),
  {
    package: /^lightningcss(?:-|$)/u,
    licence: 'MPL-2.0',
    why: 'a part of vite, which builds the dashboard in a checkout and is in no package of ours, unchanged',
  },
  {
    package: /^axe-core$/u,
    licence: 'MPL-2.0',
    why: 'looks at pages in tests, for development alone, unchanged',
  },
]

/** Packages that name no licence where npm looks, by what their own files say. */
const saidElsewhere: Readonly<Record<string, string>> = {
  // LICENSE of png-js 2.0.0
  'png-js': 'MIT',
}

interface LockedPackage {
  link?: boolean
  license?: string
}

/**
 * What is wrong with the licences of a lock file; empty when nothing is. Exported for its test.
 * @param packages as the lock file has them, by path
 */
export function licenceFaults(packages: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(packages).flatMap(([path, { link, license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (!path.includes('node_modules/') || link === true) return []
    const licence = license ?? saidElsewhere[name]
    if (licence === undefined) return [`${name} names no licence`]
    return isPermitted(name, licence) ? [] : [`${name} is under ${licence}`]
  })
}

/** `A OR B`: one of them; `A AND B`: each (SPDX expressions without nesting are all that occur). */
function isPermitted(name: string, expression: string): boolean {
  const one = (licence: string): boolean =>
    permitted.has(licence) ||
    exceptions.some((exception) => exception.licence === licence && exception.package.test(name))
  const bare = expression.replaceAll(/^\(|\)$/gu, '')
  if (/[()]/u.test(bare)) return false
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every(one))
}

function main(): void {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const faults = licenceFaults(lock.packages)
  for (const fault of faults) console.error(`${fault}: see docs/decisions/0017-dependencies.md`)
  if (faults.length > 0) process.exitCode = 1
  else console.log(`${Object.keys(lock.packages).length} packages, all under licences that may be given on`)
}

if (import.meta.main) main()
