import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'

/** What ts-node puts on the process for others (its `REGISTER_INSTANCE`). */
interface Service {
  compile: (code: string, fileName: string) => string
}

const typescript = /\.[cm]?tsx?$/u
const inlineMap = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,(?<map>\S+)\s*$/u
const maps = new Map<string, SourceMap | undefined>()

/**
 * The source map of a file that ts-node has compiled. It registers none with Node: it is asked to compile the file
 * once more, which it answers from what it knows. @returns `undefined` where there is no ts-node
 */
export function tsNodeMap(file: string): SourceMap | undefined {
  if (!typescript.test(file)) return undefined
  const service = (process as unknown as Record<symbol, Service | undefined>)[
    Symbol.for('ts-node.register.instance')
  ]
  if (service === undefined) return undefined
  if (!maps.has(file)) maps.set(file, mapBy(service, file))
  return maps.get(file)
}

function mapBy(service: Service, file: string): SourceMap | undefined {
  try {
    const compiled = service.compile(readFileSync(file, 'utf8'), file)
    const map = inlineMap.exec(compiled)?.groups?.['map']
    return map === undefined
      ? undefined
      : new SourceMap(JSON.parse(Buffer.from(map, 'base64').toString()) as SourceMap['payload'])
  } catch {
    return undefined
  }
}
