import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Every page of ours; what packages bring is not. */
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'packages/*/*.md', 'bench/**/*.md'], {
  cwd: root,
}).filter((path) => !path.includes('node_modules'))

/** What is between fences is text: a heading or a link in it is none. */
function proseOf(path: string): string {
  return readFileSync(join(root, path), 'utf8').replaceAll(/^(?<fence>`{3,})[^]*?^\k<fence>$/gmu, '')
}

/** As GitHub names headings: lower case, punctuation gone, blanks to hyphens. */
function anchorsOf(path: string): Set<string> {
  const headings = [...proseOf(path).matchAll(/^#+ (?<text>.+)$/gmu)].map(
    (found) => found.groups?.['text'] ?? '',
  )
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

test('links between pages lead to files and headings that are there', () => {
  expect(pages).toContain('README.md')
  const links = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\((?<target>[^)\s]+)\)/gu)].map((found) => ({
      page,
      target: found.groups?.['target'] ?? '',
    })),
  )
  const ours = links.filter(({ target }) => !/^[a-z]+:/u.test(target))
  expect(ours.length).toBeGreaterThan(100)
  const broken = ours.filter(({ page, target }) => {
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? page : join(dirname(page), file)
    if (!existsSync(join(root, path))) return true
    return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor)
  })
  expect(broken).toEqual([])
})
