import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Layer } from './layers.ts'
import { foundation, packageLayers, serverLayers } from './layers.ts'

const root = resolve(import.meta.dirname, '..')
const namespace = '@darkroom/'

/** Tests may look at everything; nothing but tests may look at them. */
const testFile = /\.(?:test|contract|bench|test-d)\.ts$|(?:^|\/)testing\//u

/** Where a file of a package's `src/` stands. */
interface Place {
  package: string
  /** Path below `src/`. */
  path: string
  /** The room in the server: the first folder, or the file itself. */
  room: string | undefined
}

/** `undefined` for what is in no package's `src/`: whole-platform tests, benchmarks, scripts. */
function placeOf(file: string): Place | undefined {
  const [packages, name, source, ...rest] = relative(root, file).split(sep)
  const [first] = rest
  if (packages !== 'packages' || name === undefined || source !== 'src' || first === undefined)
    return undefined
  return { package: name, path: rest.join('/'), room: name === 'server' ? first : undefined }
}

/**
 * Why a file must not have this import; `undefined` when it may. Exported for its test.
 * @param file absolute path
 * @param specifier as it is written in the source
 */
export function refusalOf(file: string, specifier: string): string | undefined {
  const place = placeOf(file)
  if (place === undefined || testFile.test(place.path)) return undefined
  const layer = place.room === undefined ? packageLayers[place.package] : serverLayers[place.room]
  if (layer === undefined) {
    return `${place.room ?? place.package} stands in no row of scripts/layers.ts: add it there, with what it may import.`
  }
  if (specifier.startsWith('.')) return relativeRefusal(place, layer, join(dirname(file), specifier))
  if (specifier.startsWith(namespace)) return packageRefusal(place, layer, specifier.slice(namespace.length))
  return undefined
}

function packageRefusal(place: Place, layer: Layer, name: string): string | undefined {
  const entry = layer.packages.find((known) => name === known || name.startsWith(`${known}/`))
  const door = entry === undefined ? undefined : layer.doors?.[entry]
  if (door !== undefined && !place.path.startsWith(`${door}/`)) {
    return `${nameOf(place)} may import ${namespace}${name} in src/${door}/ alone.`
  }
  if (entry !== undefined) return undefined
  return `${nameOf(place)} may not import ${namespace}${name}; ${allowedBy(layer)}`
}

function relativeRefusal(place: Place, layer: Layer, targetFile: string): string | undefined {
  const target = placeOf(targetFile)
  if (target === undefined || target.package !== place.package) {
    return `a relative import must stay in packages/${place.package}/src; import another package by its name.`
  }
  if (testFile.test(target.path)) return 'only tests may import tests, contract suites and testing/.'
  if (target.room === place.room || target.room === foundation || layer.rooms === 'all') return undefined
  if (target.room !== undefined && layer.rooms?.includes(target.room) === true) return undefined
  return `${nameOf(place)} may not import ${target.room}; ${allowedBy(layer)}`
}

function nameOf(place: Place): string {
  return place.room ?? `packages/${place.package}`
}

function allowedBy(layer: Layer): string {
  const rooms = layer.rooms === 'all' ? [] : (layer.rooms ?? [])
  const allowed = [...rooms, ...layer.packages.map((name) => namespace + name)]
  return `scripts/layers.ts allows ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}.`
}

/** The few fields of an ESTree node that are used here. */
interface ImportingNode {
  source?: { value?: unknown } | null
  argument?: { value?: unknown; literal?: { value?: unknown } }
}

interface RuleContext {
  readonly filename: string
  report(problem: { node: ImportingNode; message: string }): void
}

type Visitor = Record<string, (node: ImportingNode) => void>

function createVisitor(context: RuleContext): Visitor {
  const check = (node: ImportingNode): void => {
    const specifier = node.source?.value
    if (typeof specifier !== 'string') return
    const message = refusalOf(context.filename, specifier)
    if (message !== undefined) context.report({ node, message })
  }
  // Imports of types count too: a room that knows another's types depends on it.
  return {
    ImportDeclaration: check,
    ExportNamedDeclaration: check,
    ExportAllDeclaration: check,
    ImportExpression: check,
    TSImportType: check,
  }
}

/** Rule `layers/may-import`. oxlint wants a default export. */
export default {
  meta: { name: 'layers' },
  rules: {
    'may-import': {
      meta: { type: 'problem', docs: { description: 'keep to the table in scripts/layers.ts' } },
      create: createVisitor,
    },
  },
}
