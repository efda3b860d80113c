import { readFileSync, writeFileSync } from 'node:fs'
import { variables } from '../packages/server/src/config.ts'
import { errorTable } from '../packages/server/src/errors.ts'
import { gatewayRoutes } from '../packages/server/src/gateway/gateway.ts'
import type { GatewayServices } from '../packages/server/src/gateway/services.ts'

/**
 * Writes the reference pages that are made from code: `docs/configuration.md` from the table of variables,
 * `docs/errors.md` from the table of errors, `docs/rights.md` from the routes. `--check` fails when they are not current.
 */
const pages: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationPage,
  'docs/errors.md': errorsPage,
  'docs/rights.md': rightsPage,
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

/** Routes are only described here, so nothing of the services is used. */
const noServices = new Proxy({}, { get: (): unknown => noServices }) as GatewayServices

function rightsPage(): string {
  const rows = gatewayRoutes(noServices)
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ method, path, right, summary }) => `| ${method} | \`${path}\` | ${right} | ${summary} |`)
  return [
    '# Rights',
    '',
    'With `DARKROOM_AUTH=on` every route asks for a right. Keys are sent as `Authorization: Bearer dk_…` or `X-API-Key: dk_…`; `darkroom keys create` makes them. With `DARKROOM_AUTH=off` the person at this machine has them all. This page is made from the routes themselves by `npm run docs`; a route without a right does not compile.',
    '',
    '- **open**: nobody is asked. These routes show nothing that belongs to a project.',
    '- **picture**: a key with `read`, a [signature](signed-urls.md), or a scope that is open to unsigned URLs; for pictures of public scopes their unguessable address. What is not made yet also needs `generate`, which signatures and open scopes have, within the budget of the scope.',
    '- **read**: lists, records and events of the own project. A key that is kept to scopes sees only theirs.',
    '- **generate**: asks for pictures in the own project, and withdraws what was asked for.',
    '- **purge**: drops cached copies of the own project, and takes its pictures down.',
    '- **admin**: the operator. Keys, scopes, figures and purges of all projects; includes the others.',
    '',
    'What belongs to another project is answered as if it did not exist (404). The priority of work is not the caller’s to set, and idempotency keys belong to the API key that sent them.',
    '',
    // The formatter would align the columns, and the page would then differ from what is made here.
    '<!-- prettier-ignore -->',
    '| method | route | right | what it does |',
    '|---|---|---|---|',
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
