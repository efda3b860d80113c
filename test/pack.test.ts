import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PackedPackage } from '../scripts/pack.ts'
import { packAll, publishedPackages } from '../scripts/pack.ts'
import { npmInstall } from './npm.ts'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

let directory: string
let packed: readonly PackedPackage[]

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'darkroom-pack-')))
  packed = await packAll(join(directory, 'packages'))
}, 120_000)
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** What a user of a package would write first: `wrong` fails to compile where types are missing. */
const firstUses: Readonly<Record<string, { code: string; prints: unknown }>> = {
  '@darkroom/once': {
    code: `
      import { createFlights, keyOf } from '@darkroom/once'
      const flights = createFlights<number>({ whenAbandoned: 'finish' })
      const unit = { kind: 'sum', key: keyOf([1, 2]), domain: 'here' }
      const { value, how } = await flights.run(unit, async () => ({ value: 1 + 2 }))
      // @ts-expect-error a number is no string
      export const wrong: string = value
      console.log(JSON.stringify([how, value]))`,
    prints: ['ran', 3],
  },
  '@darkroom/outbound': {
    code: `
      import { createOutbound, OutboundError } from '@darkroom/outbound'
      const outbound = createOutbound()
      const { code } = await outbound.fetch('http://0x7f.1/').then(
        () => new OutboundError('CLOSED'),
        (error) => error as OutboundError,
      )
      // @ts-expect-error a code is no number
      export const wrong: number = code
      await outbound.close()
      console.log(JSON.stringify([code]))`,
    prints: ['ADDRESS_FORBIDDEN'],
  },
  '@darkroom/picture': {
    code: `
      import { mediaTypeOf, negotiateFormat } from '@darkroom/picture'
      const format = negotiateFormat('image/png')
      // @ts-expect-error a format is no number
      export const wrong: number | undefined = format
      console.log(JSON.stringify([format, mediaTypeOf('png')]))`,
    prints: ['png', 'image/png'],
  },
  '@darkroom/carousel': {
    code: `
      import { CarouselError, createCarouselMaker } from '@darkroom/carousel'
      import sharp from 'sharp'
      const grey = { create: { width: 240, height: 300, channels: 3, background: '#777' } } as const
      const base: Uint8Array = await sharp(grey).png().toBuffer()
      const maker = createCarouselMaker()
      const carousel = maker.make({
        base,
        slides: [{ kind: 'hook', title: 'One **photo**' }, { kind: 'cta', title: 'مرحبا' }],
        size: { widthPx: 480, heightPx: 600 },
      })
      let slides = 0
      for await (const slide of carousel) {
        if (slide.status === 'rejected') throw slide.reason
        if (slide.value.fit.missingGlyphs.length === 0) slides += 1
      }
      // @ts-expect-error a code is no number
      export const wrong: number = new CarouselError('CLOSED', '').code
      await maker.close()
      console.log(JSON.stringify([slides, carousel.work().decodes.ran]))`,
    prints: [2, 1],
  },
  '@darkroom/edge': {
    code: `
      import { cacheHeaders, createEdge, createMemoryEdgeStore } from '@darkroom/edge'
      let calls = 0
      const headers = cacheHeaders({ freshS: 60, tags: ['sale'] })
      const edge = createEdge({
        origin: () => new Response(String((calls += 1)), { headers }),
        store: createMemoryEdgeStore({ maxBytes: 2 ** 20 }),
      })
      const get = async () => (await edge.fetch(new Request('http://shop.test/'))).text()
      const answers = [await get(), await get()]
      const { purged } = await edge.purge({ tags: ['sale'] })
      // @ts-expect-error a function is no string
      export const wrong: string = createEdge
      console.log(JSON.stringify([...answers, purged, await get(), calls]))`,
    prints: ['1', '1', 1, '2', 2],
  },
  '@darkroom/client': {
    code: `
      import { ApiError, createClient } from '@darkroom/client'
      import { DarkroomImg, elementName } from '@darkroom/client/element'
      import { pictureMarkup } from '@darkroom/client/markup'
      import { createResizer } from '@darkroom/client/resize'
      import { signUrl } from '@darkroom/client/signed-urls'
      import { prepareUpload } from '@darkroom/client/upload'
      declare const process: { getBuiltinModule(name: string): { existsSync(path: URL): boolean } }
      const client = createClient({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0 })
      const error = await client.generate({ prompt: 'a fox', size: '64x64' }).catch((error: unknown) => error)
      // @ts-expect-error a prompt is no number
      client.liveUrl('shop', { prompt: 7 })
      const key = 'dks_abcdefghijkl_c2VjcmV0LW9mLXRoZS10ZXN0LXZlY3RvcnMtMTIzNDU'
      const url = signUrl(client.liveUrl('shop', { prompt: 'fox' }), { key, expiresAt: new Date(0) })
      // @ts-expect-error a URL is no number
      export const wrong: number = url
      const markup = pictureMarkup({ src: '/images/a', alt: '', widthPx: 500, heightPx: 400 })
      // @ts-expect-error a width is no text
      pictureMarkup({ src: '/images/a', alt: '', widthPx: '500', heightPx: 400 })
      const worker = new URL((import.meta as unknown as { resolve(name: string): string }).resolve('@darkroom/client/browser/worker.js'))
      console.log(JSON.stringify([
        error instanceof ApiError && error.code, url.includes('&sig=abcdefghijkl.'), markup.includes('/images/a?w=500&amp;format=auto 500w'),
        elementName, typeof DarkroomImg, typeof createResizer, typeof prepareUpload,
        process.getBuiltinModule('node:fs').existsSync(worker),
      ]))`,
    prints: ['network', true, true, 'darkroom-img', 'function', 'function', 'function', true],
  },
  '@darkroom/dashboard': {
    code: `
      import { createPages } from '@darkroom/dashboard'
      const pages = createPages()
      const file = await pages.file('index.html')
      // @ts-expect-error a media type is no number
      export const wrong: number | undefined = file?.mediaType
      console.log(JSON.stringify([file?.mediaType, await pages.file('no/such') === undefined]))`,
    prints: ['text/html; charset=utf-8', true],
  },
  '@darkroom/inspect': {
    code: `
      import { inspect, runCommand } from '@darkroom/inspect'
      const { value, report } = await inspect(() => Promise.all([1, 2]))
      // @ts-expect-error a list is no string
      export const wrong: string = value
      const run = await runCommand(['node', '-e', 'setTimeout(() => process.exit(3), 20)'], { environment: Reflect.get(globalThis, 'process').env })
      console.log(JSON.stringify([report.duplicates, run.code, run.report.totals.processes]))`,
    prints: [[], 3, 1],
  },
  '@darkroom/server': {
    code: `
      import { DarkroomError } from '@darkroom/server'
      const error = new DarkroomError('not_found', 'nothing')
      // @ts-expect-error a status is no string
      export const wrong: string = error.status
      console.log(JSON.stringify([error.code, error.status]))`,
    prints: ['not_found', 404],
  },
}

test('packs every workspace that is published', async () => {
  const workspaces = await readdir(join(root, 'packages'))
  expect(workspaces.toSorted()).toEqual([...publishedPackages].toSorted())
  expect(packed.map(({ name }) => name).toSorted()).toEqual(Object.keys(firstUses).toSorted())
})

describe.each(Object.keys(firstUses))('%s', (name) => {
  function packedPackage(): PackedPackage {
    const found = packed.find((one) => one.name === name)
    if (found === undefined) throw new Error(`${name} was not packed`)
    return found
  }

  test('has nothing that publint complains of', async () => {
    const { messages, pkg } = await publint({ pkgDir: packedPackage().folder, strict: true, pack: false })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([])
  })

  test('holds emitted JavaScript, declarations and its licence, and no sources or tests', async () => {
    const files = await readdir(packedPackage().folder, { recursive: true })
    expect(files).toContain('LICENSE')
    expect(files).toContain(join('dist', 'index.js'))
    expect(files).toContain(join('dist', 'index.d.ts'))
    expect(files.filter((file) => /(?:\.test\.|\.contract\.|testing\/)/u.test(file))).toEqual([])
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
  })

  test(
    'is installed in an empty folder, compiled against and imported',
    { timeout: 180_000 },
    async ({ skip }) => {
      const folder = join(directory, 'users', name.replace('/', '-'))
      await mkdir(folder, { recursive: true })
      await writeFile(
        join(folder, 'package.json'),
        JSON.stringify({ name: 'user', private: true, type: 'module' }),
      )
      // Its own dependencies among ours are not on the registry either.
      const tarballs = packed.slice(0, packed.indexOf(packedPackage()) + 1).map(({ tarball }) => tarball)
      const hindrance = await npmInstall(folder, ['install', ...tarballs])
      if (hindrance !== undefined) skip(hindrance)

      const use = firstUses[name]
      await writeFile(join(folder, 'use.ts'), use?.code ?? '')
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(userConfig))
      const compiled = await run(process.execPath, [
        join(root, 'node_modules/typescript/bin/tsc'),
        '-p',
        folder,
      ]).catch((error: unknown) => error as { stdout: string })
      expect(compiled.stdout).toBe('')

      const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder })
      expect(JSON.parse(stdout)).toEqual(use?.prints)
    },
  )
})

const userConfig = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'dom', 'esnext.disposable'],
    types: [],
    strict: true,
    skipLibCheck: true,
  },
}

test('the command starts where it was installed', { timeout: 60_000 }, async ({ skip }) => {
  const command = join(directory, 'users', '@darkroom-server', 'node_modules/.bin/darkroom')
  const version = await run(command, ['--version']).catch(
    (error: unknown) => error as { code: unknown; stdout: string },
  )
  // The install above was skipped.
  if ('code' in version && version.code === 'ENOENT') skip('it is not installed')
  expect(version.stdout.trim()).toBe('0.1.0')
})
