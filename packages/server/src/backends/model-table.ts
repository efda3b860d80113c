/** The backends that can be named in `DARKROOM_MODELS`. */
export const backendNames = [
  'sketch',
  'openai',
  'sd-server',
  'vllm-omni',
  'sglang',
  'localai',
  'comfyui',
  'cog',
  'a1111',
  'aisdk',
  'simulated-gpu',
] as const

/** The name of an adapter, as in `DARKROOM_MODELS`. */
export type BackendName = (typeof backendNames)[number]

/** The value of `DARKROOM_MODELS` when it is unset. */
export const defaultModels: string = 'default=sketch:sketch-1,*=sketch:sketch-1'

/** One entry of `DARKROOM_MODELS`. */
export interface ModelEntry {
  /** The public name; `*` catches any other. */
  alias: string
  backend: BackendName
  /** The model as the backend knows it. */
  model: string
}

/** Public model names and who draws them. */
export interface ModelTable {
  /**
   * Who draws for a public name: the entry of that name, else the entry `*`. No name means `default`. The alias of
   * the result is the name that was asked for. `undefined`: there is no such model.
   */
  resolve(publicName: string | undefined): ModelEntry | undefined
  /** The entries as they were written. */
  list(): readonly ModelEntry[]
  /** The public names, `*` left out. */
  names(): readonly string[]
}

/** A table, or every fault of the text, each a sentence that says what to change. */
export type ParsedModelTable = { table: ModelTable } | { faults: readonly string[] }

/**
 * Parses `DARKROOM_MODELS`: `alias=backend:model`, separated by commas.
 * @example parseModelTable('default=openai:gpt-image-2,fast=sketch:sketch-1,*=sketch:sketch-1')
 */
export function parseModelTable(text: string = defaultModels): ParsedModelTable {
  const faults: string[] = []
  const entries = new Map<string, ModelEntry>()
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue
    const entry = parseEntry(part)
    if (typeof entry === 'string') faults.push(entry)
    else if (entries.has(entry.alias)) faults.push(`the name ${entry.alias} is given twice: keep one`)
    else entries.set(entry.alias, entry)
  }
  if (faults.length === 0 && !entries.has('default') && !entries.has('*')) {
    faults.push('there is no model for requests that name none: add default=backend:model')
  }
  return faults.length > 0 ? { faults } : { table: tableOf(entries) }
}

/** The entry, or its fault. */
function parseEntry(part: string): ModelEntry | string {
  const [, alias = '', backend = '', model = ''] =
    /^([^=]*)=([^:]*):(.*)$/su.exec(part)?.map((each) => each.trim()) ?? []
  if (alias === '' || backend === '' || model === '') {
    return `${quoted(part)} must look like alias=backend:model, e.g. default=sketch:sketch-1`
  }
  // The same names that a request's `model` may have: another could never be asked for.
  if (alias !== '*' && !/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/u.test(alias)) {
    return `${quoted(alias)} is no public name: letters, digits and . _ : / @ - only, or * for any name`
  }
  if (!/^[^\s\p{C}*]{1,200}$/u.test(model)) return `${quoted(model)} is no name of a model: no spaces, no *`
  if (isBackendName(backend)) return { alias, backend, model }
  return `there is no backend ${quoted(backend)}: use ${backendNames.join(' or ')}`
}

function isBackendName(name: string): name is BackendName {
  return backendNames.some((each) => each === name)
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}

function tableOf(entries: ReadonlyMap<string, ModelEntry>): ModelTable {
  const list = [...entries.values()].map((entry) => Object.freeze(entry))
  return {
    resolve: (publicName) => {
      const alias = publicName ?? 'default'
      // `*` is how the table is written, not a name that can be asked for.
      const entry = (alias === '*' ? undefined : entries.get(alias)) ?? entries.get('*')
      return entry && { ...entry, alias }
    },
    list: () => list,
    names: () => list.map((entry) => entry.alias).filter((alias) => alias !== '*'),
  }
}
