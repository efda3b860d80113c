import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Who may import whom, as data. `scripts/oxlint-plugin-layers.ts` enforces it, and this file run as a script prints
 * it into ARCHITECTURE.md (`--write`), or checks that what is printed there is current (`--check`).
 */
export interface Layer {
  /** What lives there, as the documentation says it. */
  holds: string
  /** Workspace packages by name without `@darkroom/`; `picture/rungs` allows that entry point alone. */
  packages: readonly string[]
  /** Rooms of the same package; `all` for every one. */
  rooms?: readonly string[] | 'all'
  /** Packages of `packages` that one folder of this package's `src/` alone may import, and which folder. */
  doors?: Readonly<Record<string, string>>
}

/** `packages/*`. What is built later stands here already, so that its first import is checked. */
export const packageLayers: Readonly<Record<string, Layer>> = {
  once: { holds: 'keys, flights, memo, fan-out, ledger; no I/O', packages: [] },
  picture: { holds: 'formats, negotiation, variants, metadata and AI marking', packages: ['once'] },
  outbound: { holds: 'the one door for every URL that a user gives', packages: ['once'] },
  carousel: {
    holds: 'base image to slides; `source/` alone can fetch',
    packages: ['once', 'outbound', 'picture'],
    // Six overlays that each download the photo: the bug that this project began with, made unwritable.
    doors: { outbound: 'source' },
  },
  edge: { holds: 'a shared HTTP cache around any `(Request) => Promise<Response>`', packages: ['once'] },
  inspect: { holds: 'the fan-out inspector for any Node program', packages: [] },
  client: { holds: 'typed API client and `<darkroom-img>`, browser and Node', packages: ['picture/rungs'] },
  server: {
    holds: 'the platform; bin `darkroom`',
    packages: ['once', 'picture', 'outbound', 'carousel', 'edge', 'inspect', 'dashboard'],
  },
  dashboard: {
    holds: 'the page: its sources, how they are built, and the built files for the server to serve',
    packages: ['once', 'client'],
  },
}

/** Rooms of `packages/server/src`, in the order that data passes. */
export const serverLayers: Readonly<Record<string, Layer>> = {
  'errors.ts': { holds: 'the closed list of error codes; every room may import it', packages: [], rooms: [] },
  request: {
    holds: 'HTTP input → validated → canonical → generation key',
    packages: ['once', 'picture', 'carousel'],
    rooms: [],
  },
  access: {
    holds: 'API keys, rights, URL signatures, budgets, limits, moderation',
    packages: ['once'],
    rooms: ['request', 'database', 'config-variable.ts', 'folder.ts'],
  },
  gateway: {
    holds: 'routes; admission',
    packages: ['edge', 'picture', 'dashboard'],
    rooms: [
      'request',
      'access',
      'generation',
      'carousels',
      'cdn',
      'webhooks',
      'prediction',
      'scaling',
      'latency',
      'overview',
      'storage',
    ],
  },
  generation: {
    holds: 'get-or-generate; wait; progress; cancel; retention',
    packages: ['once'],
    rooms: ['request', 'database', 'queue', 'storage', 'webhooks', 'config-variable.ts'],
  },
  carousels: {
    holds: 'a carousel as durable work',
    packages: ['carousel', 'once', 'outbound', 'picture'],
    rooms: ['request', 'database', 'queue', 'generation', 'storage', 'webhooks'],
  },
  webhooks: {
    holds: 'messages about work that has ended: outbox, signatures, delivery',
    packages: ['outbound'],
    rooms: ['database'],
  },
  cdn: {
    holds: 'CDNs in front: what they are still to be told, and telling them',
    packages: ['edge'],
    rooms: ['database', 'config-variable.ts'],
  },
  queue: { holds: 'job queue over pg-boss', packages: [], rooms: ['database'] },
  worker: {
    holds: 'lease → warm → generate → mark → store → ack',
    packages: ['once', 'picture', 'carousel'],
    rooms: [
      'queue',
      'backends',
      'storage',
      'generation',
      'carousels',
      'webhooks',
      'latency',
      'database',
      'config-variable.ts',
    ],
  },
  backends: {
    holds: 'the model seam and its adapters',
    packages: [],
    rooms: ['request', 'config-variable.ts'],
  },
  storage: {
    holds: 'object store; variants as a memo over it',
    packages: ['once', 'picture'],
    rooms: [],
  },
  database: { holds: 'schema, migrations, the embedded PostgreSQL launcher', packages: [], rooms: [] },
  prediction: {
    holds: 'usage → patterns → plan → speculative jobs',
    packages: [],
    rooms: ['request', 'database', 'queue', 'generation', 'config-variable.ts'],
  },
  capacity: {
    holds: 'how many workers are wanted: a pure policy and its forecast',
    packages: [],
    rooms: [],
  },
  scaling: {
    holds: 'what the capacity policy decides on, who is told, workers of this machine',
    packages: ['outbound'],
    rooms: ['capacity', 'database', 'webhooks', 'config-variable.ts'],
  },
  latency: {
    holds: 'histograms, stage timings, deploy markers, exposition',
    packages: ['once'],
    rooms: ['database', 'config-variable.ts'],
  },
  overview: {
    holds: 'the present for the dashboard: traffic, queue, workers, failures',
    packages: ['once'],
    rooms: ['database'],
  },
  'http-server.ts': { holds: 'a handler on a socket', packages: [], rooms: ['http-faults.ts'] },
  'http-faults.ts': { holds: 'answers to what is no valid HTTP request', packages: [], rooms: ['gateway'] },
  'carousel-parts.ts': {
    holds: 'the maker of carousels and the door to other hosts, for `platform.ts`',
    packages: ['carousel', 'once', 'outbound'],
    rooms: ['closers.ts', 'platform.ts'],
  },
  'readiness.ts': {
    holds: 'what a process needs to be ready, for `platform.ts`',
    packages: [],
    rooms: ['backends', 'database'],
  },
  'measuring-parts.ts': {
    holds: 'measuring, and where it goes, for `platform.ts`',
    packages: ['once'],
    rooms: ['closers.ts', 'database', 'latency', 'platform.ts', 'version.ts'],
  },
  'webhook-parts.ts': {
    holds: 'the sender of webhooks and its own door to other hosts, for `platform.ts`',
    packages: ['outbound'],
    rooms: ['closers.ts', 'config.ts', 'database', 'version.ts', 'webhooks', 'worker'],
  },
  'cdn-parts.ts': {
    holds: 'the CDNs in front and their caller, for `gateway-parts.ts`',
    packages: [],
    rooms: ['cdn', 'closers.ts', 'database', 'platform.ts', 'worker'],
  },
  'prediction-parts.ts': {
    holds: 'the usage log, catalogues and the predictor, for `platform.ts`',
    packages: ['picture'],
    rooms: ['access', 'closers.ts', 'gateway', 'generation', 'platform.ts', 'prediction', 'storage'],
  },
  'scaling-parts.ts': {
    holds: 'the decisions on workers, for `gateway-parts.ts`',
    packages: ['outbound'],
    rooms: ['closers.ts', 'config.ts', 'database', 'platform.ts', 'scaling', 'version.ts', 'webhooks'],
  },
  'retention-parts.ts': {
    holds: 'deleting what is kept no longer, for `gateway-parts.ts`',
    packages: [],
    rooms: ['access', 'closers.ts', 'database', 'gateway', 'generation', 'platform.ts', 'storage'],
  },
  'closers.ts': { holds: 'closing what was opened', packages: [], rooms: [] },
  'folder.ts': { holds: 'making folders', packages: [], rooms: [] },
  'version.ts': { holds: 'the version of this package', packages: [], rooms: [] },
  cli: { holds: 'commands', packages: packageLayers['server']?.packages ?? [], rooms: 'all' },
  'config-file.ts': { holds: 'the optional configuration file', packages: [], rooms: 'all' },
  'config-variable.ts': {
    holds: 'reading one variable, and saying what is wrong with it',
    packages: ['outbound'],
    rooms: [],
  },
  'config.ts': { holds: 'the one schema of the configuration', packages: [], rooms: 'all' },
  'gateway-parts.ts': {
    holds: 'what a process that answers requests is composed of',
    packages: packageLayers['server']?.packages ?? [],
    rooms: 'all',
  },
  'health-parts.ts': {
    holds: 'what a process that answers only whether it is well is composed of',
    packages: [],
    rooms: ['gateway', 'latency', 'platform.ts', 'readiness.ts', 'version.ts'],
  },
  'worker-parts.ts': {
    holds: 'what a process that makes pictures is composed of',
    packages: packageLayers['server']?.packages ?? [],
    rooms: 'all',
  },
  'carousel-worker-parts.ts': {
    holds: 'what a process that makes slides is composed of besides',
    packages: [],
    rooms: 'all',
  },
  'platform.ts': {
    holds: 'the one composition root',
    packages: packageLayers['server']?.packages ?? [],
    rooms: 'all',
  },
  'index.ts': { holds: 'the public list', packages: packageLayers['server']?.packages ?? [], rooms: 'all' },
}

/** Importable from every room, and itself importing nothing. */
export const foundation = 'errors.ts'

/** The two tables in Markdown. */
export function layersMarkdown(): string {
  const packageRows = Object.entries(packageLayers).map(
    ([name, layer]) => `| \`packages/${name}\` | ${layer.holds} | ${namesOf(layer.packages)} |`,
  )
  const roomRows = Object.entries(serverLayers).map(([name, layer]) => {
    const rooms =
      layer.rooms === 'all' ? 'everything' : namesOf([...(layer.rooms ?? []), ...layer.packages.map(italic)])
    return `| \`${name}${name.includes('.') ? '' : '/'}\` | ${layer.holds} | ${rooms} |`
  })
  return [
    '| package | what lives there | may import |',
    '|---|---|---|',
    ...packageRows,
    '',
    'Inside `packages/server/src`, packages in italics:',
    '',
    '| room | what lives there | may import |',
    '|---|---|---|',
    ...roomRows,
  ].join('\n')
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ')
}

function italic(name: string): string {
  return `*${name}*`
}

const startMarker = '<!-- layers:start -->'
const endMarker = '<!-- layers:end -->'

/**
 * A document with the tables between its markers brought up to date.
 * @throws Error when the markers are missing
 */
export function withLayers(document: string): string {
  const start = document.indexOf(startMarker)
  const end = document.indexOf(endMarker, start)
  if (start === -1 || end === -1) throw new Error(`the document lacks ${startMarker} and ${endMarker}`)
  const before = document.slice(0, start + startMarker.length)
  return `${before}\n${layersMarkdown()}\n${document.slice(end)}`
}

function main(argument: string | undefined): number {
  const path = join(import.meta.dirname, '..', 'ARCHITECTURE.md')
  if (argument !== undefined && !existsSync(path)) {
    console.error('ARCHITECTURE.md is missing, which the table of layers is printed into.')
    return 1
  }
  const document = argument === '--check' || argument === '--write' ? readFileSync(path, 'utf8') : undefined
  if (document === undefined) {
    console.log(layersMarkdown())
    return 0
  }
  const current = withLayers(document)
  if (argument === '--write') writeFileSync(path, current)
  else if (current !== document) {
    console.error('ARCHITECTURE.md: the table of layers is out of date; run `npm run docs`.')
    return 1
  }
  return 0
}

if (import.meta.main) process.exitCode = main(process.argv[2])
