import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

const refused = [
  'export const a = new Map<string, Promise<number>>()',
  'export const b: Map<string, Promise<number>> = new Map()',
  'export const c = new WeakMap<object, PromiseLike<number>>()',
  'export const d: Record<string, Promise<number>> = {}',
  'export type E = Partial<Record<string, Promise<number>>>',
  'export type F = ReadonlyMap<string, Promise<number> | undefined>',
  'export type G = { [key: string]: Promise<number> }',
  'export interface H extends Map<string, (Promise<number>)> { h: 1 }',
  'export class I { readonly #i = new Map<number, Promise<void> & { at: number }>() }',
]

const allowed = [
  'export const a = new Map<string, () => Promise<number>>()',
  'export const b: Map<Promise<number>, string> = new Map()',
  'export const c: Promise<Map<string, number>> = Promise.resolve(new Map())',
  'export type D = Record<string, number>',
  'export type E = { [key: string]: (id: string) => Promise<number> }',
  'export const f: Promise<number>[] = []',
  'export type G = Map<string, PromiseWithResolvers<number>>',
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-lint-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The lines, from 1, on which the rule complains. */
async function refusedLines(lines: readonly string[]): Promise<number[]> {
  const config = {
    jsPlugins: [join(root, 'scripts/oxlint-plugin-once.ts')],
    categories: { correctness: 'off' },
    rules: { 'once/no-second-single-flight': 'error' },
  }
  await writeFile(join(folder, 'oxlint.json'), JSON.stringify(config))
  await writeFile(join(folder, 'lines.ts'), lines.join('\n'))
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  const output = await new Promise<string>((settle) => {
    const options = ['-c', 'oxlint.json', '--format', 'json', 'lines.ts']
    execFile(process.execPath, [oxlint, ...options], { cwd: folder }, (_, stdout) => settle(stdout))
  })
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { code: string; message: string; labels: { span: { line: number } }[] }[]
  }
  for (const { code, message } of diagnostics) {
    expect(code).toBe('once(no-second-single-flight)')
    expect(message).toContain('@darkroom/once')
  }
  const found = diagnostics.map(({ labels }) => labels[0]?.span.line ?? 0)
  return [...new Set(found)].toSorted((a, b) => a - b)
}

test('a table of promises is refused however it is written', async () => {
  expect(await refusedLines(refused)).toEqual(refused.map((_, index) => index + 1))
})

test('what is no table of promises passes', async () => {
  expect(await refusedLines(allowed)).toEqual([])
})
