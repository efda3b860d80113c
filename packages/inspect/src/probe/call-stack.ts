import { findSourceMap } from 'node:module'
import type { Frame } from './events.ts'
import { tsNodeMap } from './ts-node.ts'

/** Where in the program a call came from. */
export interface CallSites {
  frames: Frame[]
  /** The places in the fan-outs among the frames, innermost first. */
  branches: number[]
  /** Called by a timer itself, not by what went on after a promise. */
  timer: boolean
  /** Called by Node's own loading of modules. */
  loader: boolean
}

const userFrames = 8
const depth = 60
const own =
  /[\\/](?:packages|@darkroom)[\\/]inspect[\\/](?:src|dist)[\\/]probe[\\/]|[\\/]darkroom-inspect-[^\\/]+[\\/]probe\.cjs/u
const library = /[\\/]node_modules[\\/]/u
/** Whether a line of a printed stack is the probe's. */
export function isOwnLine(line: string): boolean {
  return /^\s+at /u.test(line) && own.test(line)
}

const nothing: CallSites = { frames: [], branches: [], timer: false, loader: false }

/**
 * The program's lines on the stack, innermost first: frames of Node and of `node_modules` are left out, unless
 * there are no others. V8 follows promises: where an async function waits in a `Promise.all`, the stack names it
 * and the branch.
 */
export function callSites(): CallSites {
  const sites = rawSites()
  if (sites === undefined) return nothing
  const frames: Frame[] = []
  const libraryFrames: Frame[] = []
  const branches: number[] = []
  let timer = false
  let turned = false
  let loader: boolean | undefined
  let mine = 0
  for (const site of sites) {
    const index = site.getPromiseIndex()
    if (index !== null) {
      const joins: Frame = { name: '', file: '', line: 0, column: 0, joins: site.getFunctionName() ?? 'all' }
      frames.push(joins)
      branches.push(index)
      continue
    }
    const file = site.getFileName()
    if (file === null || file === undefined || own.test(file)) continue
    if (file.startsWith('node:')) {
      loader ??= file.startsWith('node:internal/modules')
      const name = site.getFunctionName()
      if (name === 'processTicksAndRejections' || name === 'runNextTicks') turned = true
      if (name === 'listOnTimeout' && !turned) timer = true
      continue
    }
    loader ??= false
    const isLibrary = library.test(file)
    if (isLibrary ? libraryFrames.length < 3 : mine < userFrames) {
      if (!isLibrary) mine += 1
      ;(isLibrary ? libraryFrames : frames).push(frameOf(site, file))
    }
  }
  return {
    frames: mine === 0 ? [...libraryFrames, ...frames] : frames,
    branches,
    timer,
    loader: loader ?? false,
  }
}

function rawSites(): NodeJS.CallSite[] | undefined {
  const limit = Error.stackTraceLimit
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    Error.stackTraceLimit = depth
    Error.prepareStackTrace = (_error, sites) => sites
    const holder: { stack?: unknown } = {}
    Error.captureStackTrace(holder, callSites)
    return Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]) : undefined
  } catch {
    return undefined
  } finally {
    try {
      Error.stackTraceLimit = limit
      if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
      else Object.defineProperty(Error, 'prepareStackTrace', before)
    } catch {
      // Frozen intrinsics: then nothing was changed either.
    }
  }
}

function frameOf(site: NodeJS.CallSite, file: string): Frame {
  const line = site.getLineNumber() ?? 0
  const column = site.getColumnNumber() ?? 0
  const name = nameOf(site)
  const mapped = mappedPosition(file, line, column)
  return mapped === undefined ? { name, file, line, column } : { name, ...mapped }
}

/** `Object.<anonymous>` and `<anonymous>` are no names. */
function nameOf(site: NodeJS.CallSite): string {
  const name = site.getFunctionName() ?? ''
  return name.includes('<') ? '' : name
}

/**
 * By the maps that the program's own loader has registered; without them lines are those that run, until the report
 * looks for maps beside the files.
 */
function mappedPosition(file: string, line: number, column: number): Omit<Frame, 'name'> | undefined {
  try {
    const entry = (findSourceMap(file) ?? tsNodeMap(file))?.findEntry(line - 1, column - 1)
    if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined)
      return undefined
    return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  } catch {
    return undefined
  }
}
