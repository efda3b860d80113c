import fs from 'node:fs'
import { createHash } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isOwnLine } from './call-stack.ts'
import type { Call, ProbeContext } from './context.ts'
import { keyOf, quietly } from './context.ts'
import type { OperationEvent } from './events.ts'
import type { AnyFunction, Restore } from './replace.ts'
import { replace } from './replace.ts'

/** How a function of `fs` uses its first argument, or its second where `target` says so. */
interface FileUse {
  kind: 'read' | 'write'
  mode?: 'append' | 'replace' | 'overwrite'
  /** The place of the path among the arguments. */
  path: number
  /** The place of what is written. */
  data?: number
}

const uses: Readonly<Record<string, FileUse>> = {
  readFile: { kind: 'read', path: 0 },
  writeFile: { kind: 'write', mode: 'overwrite', path: 0, data: 1 },
  appendFile: { kind: 'write', mode: 'append', path: 0, data: 1 },
  copyFile: { kind: 'write', mode: 'overwrite', path: 1 },
  rename: { kind: 'write', mode: 'replace', path: 1 },
  truncate: { kind: 'write', mode: 'overwrite', path: 0 },
  unlink: { kind: 'write', mode: 'replace', path: 0 },
}

/** Not the program's: modules and their data, the kernel's files, what the probe writes. */
const notWatched = /[\\/]node_modules[\\/]|^\/(?:proc|sys|dev)\/|[\\/]darkroom-inspect-/u

/** `fs` with callbacks, promises, synchronously, and as streams. */
export function watchFiles(context: ProbeContext): Restore {
  const restores: Restore[] = []
  for (const [name, use] of Object.entries(uses)) {
    restores.push(
      replace(fs.promises, name, (original) => watched(context, use, original, throughPromise)),
      replace(fs, name, (original) => watched(context, use, original, throughCallback)),
      replace(fs, `${name}Sync`, (original) => watched(context, use, original, atOnce)),
    )
  }
  restores.push(...watchStreams(context))
  syncBuiltinESMExports()
  return () => {
    for (const restore of restores) restore()
    syncBuiltinESMExports()
  }
}

/** Tells that a use has ended: with what was read, or undefined for a failure. */
type Ended = (complete: boolean, content?: unknown) => void
type Way = (original: AnyFunction, self: unknown, args: unknown[], ended: Ended) => unknown

function watched(context: ProbeContext, use: FileUse, original: AnyFunction, way: Way): AnyFunction {
  return function wrapper(this: unknown, ...args: unknown[]): unknown {
    let ended: Ended | undefined
    quietly(() => (ended = beginUse(context, use, args)))
    return ended === undefined ? Reflect.apply(original, this, args) : way(original, this, args, ended)
  }
}

function beginUse(context: ProbeContext, use: FileUse, args: readonly unknown[]): Ended | undefined {
  const path = pathOf(args[use.path])
  if (path === undefined || notWatched.test(path)) return undefined
  const call = context.begin(use.kind)
  if (call === undefined || call.loader) return undefined
  const options = args[use.path + (use.data === undefined ? 1 : 2)]
  const flag =
    typeof options === 'object' && options !== null && 'flag' in options ? String(options.flag) : ''
  const mode = use.mode === 'overwrite' && flag.startsWith('a') ? 'append' : use.mode
  const written = use.data === undefined ? undefined : args[use.data]
  return (complete, content) =>
    quietly(() => endUse(context, call, { kind: use.kind, mode, path }, complete, written ?? content))
}

function endUse(
  context: ProbeContext,
  call: Call,
  use: { kind: 'read' | 'write'; mode: OperationEvent['mode'] | undefined; path: string },
  complete: boolean,
  content: unknown,
): void {
  context.end(use.kind, call, {
    key: keyOf(use.path),
    resource: use.path,
    complete,
    bytes:
      typeof content === 'string' ? content.length : content instanceof Uint8Array ? content.byteLength : 0,
    hash: contentHash(context, content),
    ...(use.mode === undefined ? {} : { mode: use.mode }),
  })
}

const hashedBytes = 1e6

/** Of what is in memory anyway, and not much: whether two branches write the same. */
function contentHash(context: ProbeContext, content: unknown): string {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return ''
  if (content.length > hashedBytes || !context.recorder.mayLook()) return ''
  const startedAt = performance.now()
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 32)
  context.recorder.spent(startedAt)
  return hash
}

/**
 * A promise of its own is given on, so that a rejection nobody handles stays one; and an asynchronous function, so
 * that the stack of an error goes on to the caller.
 */
async function throughPromise(
  original: AnyFunction,
  self: unknown,
  args: unknown[],
  ended: Ended,
): Promise<unknown> {
  try {
    const content = await Reflect.apply(original, self, args)
    ended(true, content)
    return content
  } catch (error) {
    ended(false)
    throw withoutOwnLines(error)
  }
}

function throughCallback(original: AnyFunction, self: unknown, args: unknown[], ended: Ended): unknown {
  const at = args.length - 1
  const callback = args[at]
  if (typeof callback !== 'function') return Reflect.apply(original, self, args)
  const heard = function heard(this: unknown, ...given: unknown[]): unknown {
    ended(given[0] === null || given[0] === undefined, given[1])
    return Reflect.apply(callback, this, given) as unknown
  }
  return Reflect.apply(original, self, [...args.slice(0, at), heard])
}

function atOnce(original: AnyFunction, self: unknown, args: unknown[], ended: Ended): unknown {
  let isDone = false
  let content: unknown
  try {
    content = Reflect.apply(original, self, args)
    isDone = true
    return content
  } catch (error) {
    throw withoutOwnLines(error)
  } finally {
    ended(isDone, content)
  }
}

/** The error with its stack as it would be if nobody watched. */
function withoutOwnLines(error: unknown): unknown {
  quietly(() => {
    if (!(error instanceof Error) || typeof error.stack !== 'string') return
    const lines = error.stack.split('\n').filter((line) => !isOwnLine(line))
    error.stack = lines.join('\n')
  })
  return error
}

function watchStreams(context: ProbeContext): Restore[] {
  const watchStream = (name: string, use: FileUse, flagOf: (args: readonly unknown[]) => string): Restore =>
    replace(
      fs,
      name,
      (original) =>
        function stream(this: unknown, ...args: unknown[]): unknown {
          const result = Reflect.apply(original, this, args) as fs.ReadStream & fs.WriteStream
          quietly(() => hearStream(context, use, args, result, flagOf(args)))
          return result
        },
    )
  const flags = (args: readonly unknown[]): string => {
    const options = args[1]
    return typeof options === 'object' && options !== null && 'flags' in options ? String(options.flags) : ''
  }
  return [
    watchStream('createReadStream', { kind: 'read', path: 0 }, () => ''),
    watchStream('createWriteStream', { kind: 'write', mode: 'overwrite', path: 0 }, flags),
  ]
}

function hearStream(
  context: ProbeContext,
  use: FileUse,
  args: readonly unknown[],
  stream: fs.ReadStream & fs.WriteStream,
  flags: string,
): void {
  const path = pathOf(args[use.path])
  const options = args[1]
  // A part of a file is not the file, and what is open already has no path here.
  const isPart =
    typeof options === 'object' &&
    options !== null &&
    ('start' in options || 'end' in options || 'fd' in options)
  if (path === undefined || notWatched.test(path) || (isPart && use.kind === 'read')) return
  const call = context.begin(use.kind)
  if (call === undefined) return
  const mode = use.mode === undefined ? undefined : flags.startsWith('a') || isPart ? 'append' : use.mode
  stream.once('close', () =>
    quietly(() =>
      context.end(use.kind, call, {
        key: keyOf(path),
        resource: path,
        complete: use.kind === 'read' ? stream.readableEnded : stream.errored === null,
        bytes: use.kind === 'read' ? stream.bytesRead : stream.bytesWritten,
        hash: '',
        ...(mode === undefined ? {} : { mode }),
      }),
    ),
  )
}

function pathOf(value: unknown): string | undefined {
  if (typeof value === 'string') return resolve(value)
  if (value instanceof URL) return value.protocol === 'file:' ? fileURLToPath(value) : undefined
  return value instanceof Uint8Array ? resolve(Buffer.from(value).toString()) : undefined
}
