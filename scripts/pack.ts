import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { writeBrowserFiles } from './browser-files.ts'

/**
 * Makes the packages as they are published. In the checkout Node runs the TypeScript sources, but it refuses to
 * do so under `node_modules`: a published package is emitted JavaScript with declarations.
 */

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

/** In the order of their dependencies: each is compiled against the declarations of those before it. */
export const publishedPackages: readonly string[] = [
  'once',
  'outbound',
  'picture',
  'carousel',
  'edge',
  'client',
  'dashboard',
  'inspect',
  'server',
]

/** Modules that a package takes into itself: `@darkroom/picture` would bring sharp into every page's dependencies. */
const takenIn: Readonly<Record<string, readonly { specifier: string; from: string; as: string }[]>> = {
  client: [{ specifier: '@darkroom/picture/rungs', from: 'picture/dist/rungs', as: 'rungs' }],
}

/** Folders and files beside `src/` that belong to a package. */
const shippedBeside: readonly string[] = ['bin', 'static', 'README.md']

/** Packages whose page is built and carried along: its sources and what it is bundled of stay behind. */
const withPage: ReadonlySet<string> = new Set(['dashboard'])

/** What only building the page needs. */
const onlyToBuild: ReadonlySet<string> = new Set(['@preact/signals', 'preact', 'uplot', 'vite'])

const unpublished: readonly string[] = [
  '**/page/**',
  '**/build/**',
  '**/*.test.ts',
  '**/*.test-d.ts',
  '**/*.bench.ts',
  '**/*.contract.ts',
  '**/testing/**',
]

/** One package, ready to be published. */
export interface PackedPackage {
  /** With its scope: `@darkroom/once`. */
  name: string
  /** The staged folder: what the tarball holds. */
  folder: string
  tarball: string
}

interface Manifest {
  name: string
  exports: Readonly<Record<string, string>>
  bin?: Readonly<Record<string, string>>
  private?: boolean
  dependencies?: Readonly<Record<string, string>>
  [field: string]: unknown
}

/**
 * Stages and packs every published package below a folder.
 * @throws Error with the compiler's or npm's words
 */
export async function packAll(outDirectory: string): Promise<PackedPackage[]> {
  const packed: PackedPackage[] = []
  for (const name of publishedPackages) packed.push(await packOne(name, outDirectory))
  return packed
}

async function packOne(name: string, outDirectory: string): Promise<PackedPackage> {
  const source = join(root, 'packages', name)
  const folder = join(outDirectory, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await compile(name, source, outDirectory)
  await takeIn(name, outDirectory)
  await copyBeside(source, folder)
  if (withPage.has(name)) await buildPageInto(join(folder, 'dist/page'))
  if (name === 'client') await writeBrowserFiles(join(folder, 'dist/browser'))
  const manifest = await publishedManifest(source, folder)
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', outDirectory],
    {
      cwd: folder,
    },
  )
  return { name: manifest.name, folder, tarball: join(outDirectory, tarballOf(stdout)) }
}

/** npm prints an array up to version 11, and from 12 on an object by name. */
function tarballOf(json: string): string {
  const [first] = Object.values(JSON.parse(json) as Record<string, { filename: string }>)
  if (first === undefined) throw new Error('npm pack made no tarball')
  return first.filename
}

async function compile(name: string, source: string, outDirectory: string): Promise<void> {
  const config = join(outDirectory, `${name}.tsconfig.json`)
  const earlier = publishedPackages.slice(0, publishedPackages.indexOf(name))
  await writeFile(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        rootDir: join(source, 'src'),
        outDir: join(outDirectory, name, 'dist'),
        // The server's schemas have inferred types, which only a whole compiler can write down.
        isolatedDeclarations: name !== 'server',
        typeRoots: [join(root, 'node_modules/@types')],
        // Their sources would be compiled into this package.
        paths: Object.fromEntries(
          earlier.flatMap((other) => [
            [`@darkroom/${other}`, [join(outDirectory, other, 'dist/index.d.ts')]],
            [`@darkroom/${other}/*`, [join(outDirectory, other, 'dist/*.d.ts')]],
          ]),
        ),
      },
      include: [join(source, 'src')],
      exclude: unpublished.map((pattern) => join(source, 'src', pattern)),
    }),
  )
  try {
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
      maxBuffer: 2 ** 24,
    })
  } catch (error) {
    const words = error instanceof Error && 'stdout' in error ? String(error.stdout) : ''
    throw new Error(`packages/${name} does not compile:\n${words}`, { cause: error })
  }
}

async function takeIn(name: string, outDirectory: string): Promise<void> {
  const dist = join(outDirectory, name, 'dist')
  for (const { specifier, from, as } of takenIn[name] ?? []) {
    for (const ending of ['.js', '.d.ts'])
      await cp(join(outDirectory, from + ending), join(dist, as + ending))
    for (const file of await readdir(dist, { recursive: true })) {
      if (!/\.(?:js|d\.ts)$/u.test(file)) continue
      const text = await readFile(join(dist, file), 'utf8')
      const steps = relative(dirname(join(dist, file)), join(dist, `${as}.js`)).replaceAll('\\', '/')
      const path = steps.startsWith('.') ? steps : `./${steps}`
      await writeFile(join(dist, file), text.replaceAll(`'${specifier}'`, `'${path}'`))
    }
  }
}

/** In a process of its own, as a server builds it. */
async function buildPageInto(folder: string): Promise<void> {
  const program = join(root, 'packages/dashboard/src/build/main.ts')
  await run(process.execPath, [program, '--into', folder])
}

async function copyBeside(source: string, folder: string): Promise<void> {
  for (const entry of shippedBeside) {
    if (existsSync(join(source, entry)))
      await cp(join(source, entry), join(folder, entry), { recursive: true })
  }
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  for (const entry of await readdir(join(source, 'src'), { recursive: true, withFileTypes: true })) {
    const path = relative(join(source, 'src'), join(entry.parentPath, entry.name))
    if (!entry.isFile() || entry.name.endsWith('.ts') || path.startsWith('page/')) continue
    await cp(join(source, 'src', path), join(folder, 'dist', path))
  }
}

/** The manifest of the workspace, with `exports` pointing at what was emitted. */
async function publishedManifest(source: string, folder: string): Promise<Manifest> {
  const workspace = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest
  const { private: _, devDependencies: __, dependencies = {}, ...manifest } = workspace
  const needed = Object.entries(dependencies).filter(([name]) => !onlyToBuild.has(name))
  const exports: Record<string, unknown> = Object.fromEntries(
    Object.entries(workspace.exports).map(([entry, path]) => [entry, emittedPaths(path)]),
  )
  // For pages without a bundler; they are no modules of the workspace.
  if (existsSync(join(folder, 'dist/browser'))) exports['./browser/*'] = './dist/browser/*'
  const files = ['dist', ...shippedBeside.filter((entry) => existsSync(join(folder, entry)))]
  return { ...manifest, exports, dependencies: Object.fromEntries(needed), files } as unknown as Manifest
}

/** @throws Error for a path that is no TypeScript source */
function emittedPaths(path: string): { types: string; default: string } {
  const match = /^\.\/src\/(?<stem>.+)\.ts$/u.exec(path)
  const stem = match?.groups?.['stem']
  if (stem === undefined) throw new Error(`exports must name TypeScript sources, not ${path}`)
  return { types: `./dist/${stem}.d.ts`, default: `./dist/${stem}.js` }
}

if (import.meta.main) {
  const outDirectory = resolve(process.argv[2] ?? join(root, 'dist/packages'))
  await mkdir(outDirectory, { recursive: true })
  for (const { name, tarball } of await packAll(outDirectory))
    console.log(`${name}  ${relative(process.cwd(), tarball)}`)
}
