import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { layersMarkdown, packageLayers, serverLayers, withLayers } from './layers.ts'
import { refusalOf } from './oxlint-plugin-layers.ts'

const root = resolve(import.meta.dirname, '..')

const allowed: readonly (readonly [string, string])[] = [
  ['packages/once/src/flights.ts', './ledger.ts'],
  ['packages/once/src/flights.ts', 'node:crypto'],
  ['packages/edge/src/edge.ts', '@darkroom/once'],
  ['packages/client/src/image.ts', '@darkroom/picture/rungs'],
  ['packages/carousel/src/source/base-source.ts', '@darkroom/outbound'],
  ['packages/carousel/src/render/render-slide.ts', '@darkroom/picture'],
  ['packages/server/src/generation/record.ts', '../queue/job-queue.ts'],
  ['packages/server/src/backends/sketch/scenes/sea.ts', '../../../request/size.ts'],
  ['packages/server/src/request/size.ts', '../errors.ts'],
  ['packages/server/src/platform.ts', './gateway/gateway.ts'],
  ['packages/server/src/cli/start.ts', '../platform.ts'],
  ['packages/server/src/request/size.test.ts', '../gateway/gateway.ts'],
  ['packages/server/src/storage/file-object-store.test.ts', './object-store.contract.ts'],
  ['packages/server/src/backends/testing/fake.ts', '../../gateway/gateway.ts'],
  ['test/platform.test.ts', '../packages/server/src/platform.ts'],
  ['scripts/docs.ts', '../packages/server/src/errors.ts'],
]

const refused: readonly (readonly [string, string, string])[] = [
  ['packages/once/src/flights.ts', '@darkroom/edge', 'may not import @darkroom/edge'],
  ['packages/edge/src/edge.ts', '../../once/src/index.ts', 'by its name'],
  ['packages/edge/src/edge.ts', '@darkroom/server', 'may not import'],
  ['packages/client/src/image.ts', '@darkroom/picture', 'may not import'],
  ['packages/carousel/src/render/render-slide.ts', '@darkroom/outbound', 'in src/source/ alone'],
  ['packages/carousel/src/carousel-maker.ts', '@darkroom/outbound', 'in src/source/ alone'],
  ['packages/server/src/request/size.ts', '../database/schema.ts', 'may not import database'],
  [
    'packages/server/src/backends/sketch/scenes/sea.ts',
    '../../../gateway/gateway.ts',
    'may not import gateway',
  ],
  ['packages/server/src/database/schema.ts', '@darkroom/once', 'allows nothing'],
  ['packages/server/src/gateway/gateway.ts', '../config.ts', 'may not import config.ts'],
  ['packages/server/src/errors.ts', './request/size.ts', 'may not import request'],
  ['packages/server/src/storage/objects.ts', './object-store.contract.ts', 'only tests'],
  ['packages/server/src/novel/thing.ts', './other.ts', 'in no row'],
  ['packages/novel/src/thing.ts', './other.ts', 'in no row'],
]

describe('the table of layers', () => {
  test.each(allowed)('%s may import %s', (file, specifier) => {
    expect(refusalOf(join(root, file), specifier)).toBeUndefined()
  })

  test.each(refused)('%s may not import %s', (file, specifier, reason) => {
    expect(refusalOf(join(root, file), specifier)).toContain(reason)
  })

  test('names only packages and rooms that it has, in no circle', () => {
    for (const [name, layer] of [...Object.entries(packageLayers), ...Object.entries(serverLayers)]) {
      for (const entry of layer.packages)
        expect(packageLayers, name).toHaveProperty([entry.split('/')[0] ?? ''])
      for (const room of layer.rooms === 'all' ? [] : (layer.rooms ?? []))
        expect(serverLayers, name).toHaveProperty([room])
    }
    expect(() =>
      orderOf(packageLayers, (layer) => layer.packages.map((entry) => entry.split('/')[0] ?? '')),
    ).not.toThrow()
    expect(() =>
      orderOf(serverLayers, (layer) => (layer.rooms === 'all' ? [] : (layer.rooms ?? []))),
    ).not.toThrow()
  })

  test('is printed between the markers of a document', () => {
    const printed = withLayers('before\n<!-- layers:start -->\nold\n<!-- layers:end -->\nafter')
    expect(printed).toBe(`before\n<!-- layers:start -->\n${layersMarkdown()}\n<!-- layers:end -->\nafter`)
    expect(withLayers(printed)).toBe(printed)
    expect(layersMarkdown()).toContain('| `edge` |'.replace('edge', 'packages/edge'))
    expect(() => withLayers('no markers')).toThrow('lacks')
  })
})

/** @throws Error on a circle */
function orderOf<L>(layers: Readonly<Record<string, L>>, edges: (layer: L) => readonly string[]): string[] {
  const done: string[] = []
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) throw new Error(`circle: ${[...path, name].join(' → ')}`)
    if (done.includes(name)) return
    const layer = layers[name]
    for (const next of layer === undefined ? [] : edges(layer)) visit(next, [...path, name])
    done.push(name)
  }
  for (const name of Object.keys(layers)) visit(name, [])
  return done
}

/** The linter as `npm run lint` runs it, over a copy of its configuration and files made for the purpose. */
describe('the lint', () => {
  let copy: string

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'darkroom-lint-'))
    for (const file of [
      'oxlint.config.ts',
      'scripts',
      'tsconfig.json',
      'tsconfig.base.json',
      'package.json',
    ]) {
      await cp(join(root, file), join(copy, file), { recursive: true })
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    await write('packages/server/src/errors.ts', 'export const errorTable = 1\n')
    await write('packages/server/src/database/schema.ts', 'export type Schema = object\n')
  })
  afterAll(async () => {
    await rm(copy, { recursive: true, force: true })
  })

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(copy, path)), { recursive: true })
    await writeFile(join(copy, path), text)
  }

  /** The rules that complain of one file. */
  async function rulesBrokenBy(path: string, text: string): Promise<string[]> {
    await write(path, text)
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const output = await new Promise<string>((settle) => {
      execFile(
        process.execPath,
        [oxlint, '-c', 'oxlint.config.ts', '--format', 'json', path],
        { cwd: copy },
        (_, stdout) => settle(stdout),
      )
    })
    const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string }[] }
    return diagnostics.map(({ code }) => code)
  }

  test('passes what the table allows', async () => {
    const text =
      "import { errorTable } from '../errors.ts'\n\nexport const doubled: number = errorTable * 2\n"
    expect(await rulesBrokenBy('packages/server/src/request/good.ts', text)).toEqual([])
  })

  test.each([
    ['an import', "import type { Schema } from '../database/schema.ts'\n\nexport type Mine = Schema\n"],
    ['a passing on', "export type { Schema } from '../database/schema.ts'\n"],
    ['a dynamic import', "export const later: unknown = await import('../database/schema.ts')\n"],
    ['a type of an import', "export type Mine = import('../database/schema.ts').Schema\n"],
  ])('fails on %s that the table forbids', async (_, text) => {
    expect(await rulesBrokenBy('packages/server/src/request/bad.ts', text)).toContain('layers(may-import)')
  })

  test('fails on a second single-flight, but in packages/once', async () => {
    const text = 'export const running: Map<string, Promise<number>> = new Map()\n'
    const rule = 'once(no-second-single-flight)'
    expect(await rulesBrokenBy('packages/server/src/request/flights.ts', text)).toContain(rule)
    expect(await rulesBrokenBy('packages/once/src/flights.ts', text)).not.toContain(rule)
  })

  test('fails on a circle of files', async () => {
    await write(
      'packages/once/src/a.ts',
      "import { b } from './b.ts'\n\nexport const a = (): number => b()\n",
    )
    const text = "import { a } from './a.ts'\n\nexport const b = (): number => a()\n"
    expect(await rulesBrokenBy('packages/once/src/b.ts', text)).toContain('import(no-cycle)')
  })

  test('fails on a promise that nobody awaits', async () => {
    const text = 'export function start(work: () => Promise<void>): void {\n  work()\n}\n'
    expect(await rulesBrokenBy('packages/server/src/request/floating.ts', text)).toContain(
      'typescript(no-floating-promises)',
    )
  })
})
