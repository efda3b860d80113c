import { readFileSync, writeFileSync } from 'node:fs'
import { variables } from '../packages/server/src/config.ts'
import { errorTable } from '../packages/server/src/errors.ts'

/**
 * Writes the reference pages that are made from code: `docs/configuration.md` from the table of variables,
 * `docs/errors.md` from the table of errors. `--check` fails when they are not current.
 */
const pages: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationPage,
  'docs/errors.md': errorsPage,
}

function configurationPage(): string {
  const sections = Object.entries(variables).map(
    ([name, { fallback, about }]) =>
      `## ${name}\n\n${about}\n\nDefault: ${fallback === '' ? 'none' : `\`${fallback}\``}\n`,
  )
  return [
    '# Configuration',
    '',
    'Everything is set by environment variables. All faults are reported at once at start. An empty variable counts as unset. This page is made from `packages/server/src/config.ts` by `npm run docs`.',
    '',
    ...sections,
  ].join('\n')
}

function errorsPage(): string {
  const rows = Object.entries(errorTable)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} |`)
  return [
    '# Errors',
    '',
    "Errors are problem documents (RFC 9457, `application/problem+json`) with `type`, `title`, `status`, `detail` (what to change), `code` and `requestId`; on OpenAI's routes they are OpenAI's envelope with the same `code`. Match on `code`, never on text. This page is made from `packages/server/src/errors.ts` by `npm run docs`.",
    '',
    // The formatter would align the columns, and the page would then differ from what is made here.
    '<!-- prettier-ignore -->',
    '| status | code | means |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const isCheck = process.argv.includes('--check')
for (const [path, page] of Object.entries(pages)) {
  const file = new URL(`../${path}`, import.meta.url)
  const text = page()
  if (!isCheck) {
    writeFileSync(file, text)
    continue
  }
  let current = ''
  try {
    current = readFileSync(file, 'utf8')
  } catch {
    // Missing counts as not current.
  }
  if (current !== text) {
    process.stderr.write(`${path} is not current: run npm run docs\n`)
    process.exitCode = 1
  }
}
