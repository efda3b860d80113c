import { readdir, readFile, writeFile } from 'node:fs/promises'
import module from 'node:module'
import { join } from 'node:path'

const sourceFolder = join(import.meta.dirname, '..', 'probe')

/**
 * Writes the probe as one CommonJS file. `--require` loads that in every Node from 20 on, before modules of either
 * kind, in processes and threads, and unlike `--import` it leaves the way the program itself is loaded as it is.
 * In the checkout the sources are TypeScript, which Node 20 cannot read: types are taken off here, by the Node of
 * this command.
 * @throws Error for a source that has an import or export in a form that is not translated
 */
export async function emitProbe(file: string): Promise<void> {
  const names = (await readdir(sourceFolder)).filter((name) => /^[a-z-]+\.(?:ts|js)$/u.test(name))
  const modules = await Promise.all(
    names.map(async (name) => {
      const source = await readFile(join(sourceFolder, name), 'utf8')
      const plain = name.endsWith('.ts') ? withoutTypes(source) : source
      return `${JSON.stringify(stem(name))}(exports, load) {\n${commonJs(plain, name)}\n}`
    }),
  )
  await writeFile(
    file,
    [
      "'use strict'",
      `const modules = {${modules.join(',\n')}}`,
      'const loaded = {}',
      'function load(name) {',
      '  if (loaded[name] === undefined) modules[name]((loaded[name] = {}), load)',
      '  return loaded[name]',
      '}',
      "try { load('preload').watchThisThread() } catch {}",
      '',
    ].join('\n'),
  )
}

/** Node says of this function that it may change; the user of a command needs not hear it. */
function withoutTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    // By its object: a named import of what Node 20 lacks would keep the whole package from loading there.
    return module.stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}

function stem(name: string): string {
  return name.replace(/^\.\//u, '').replace(/\.(?:ts|js)$/u, '')
}

/** The few forms of import and export that the probe's sources use. */
function commonJs(source: string, name: string): string {
  const exported: string[] = []
  const text = source
    .replaceAll(
      /^import \{(?<names>[^}]*)\} from '(?<from>[^']+)';?$/gmu,
      (_, names: string, from: string) => {
        const bindings = names.replaceAll(/\s+as\s+/gu, ': ')
        return `const {${bindings}} = ${loading(from)};`
      },
    )
    .replaceAll(
      /^import (?<binding>\w+) from '(?<from>[^']+)';?$/gmu,
      (_, binding: string, from: string) => `const ${binding} = ${loading(from)};`,
    )
    .replaceAll(
      /^export (?<kind>const|function|async function) (?<binding>\w+)/gmu,
      (_, kind: string, binding: string) => {
        exported.push(binding)
        return `${kind} ${binding}`
      },
    )
    .replaceAll(/^export \{\s*\};?$/gmu, '')
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gmu, '')
  if (/^(?:import|export)\b/mu.test(text))
    throw new Error(`${name} has an import or export that the probe cannot be emitted with`)
  return `${text}\nObject.assign(exports, { ${exported.join(', ')} })`
}

function loading(from: string): string {
  return from.startsWith('.') ? `load(${JSON.stringify(stem(from))})` : `require(${JSON.stringify(from)})`
}
