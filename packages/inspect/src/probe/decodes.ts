import { createHash } from 'node:crypto'
import Module from 'node:module'
import type { Call, ProbeContext } from './context.ts'
import { keyOf, quietly } from './context.ts'
import type { AnyFunction, Restore } from './replace.ts'
import { replace } from './replace.ts'

/** What sharp's library gives to its native part. */
interface SharpOptions {
  input?: {
    file?: string
    buffer?: Uint8Array
    rawChannels?: number
    createChannels?: number
    textValue?: string
  }
}

/**
 * Images that sharp decodes. Its native part is loaded by `process.dlopen`, whichever way its JavaScript was, and
 * every decode is one call of `pipeline` or `stats` there.
 */
export function watchDecodes(context: ProbeContext): Restore {
  const restores: Restore[] = []
  const hashes = new WeakMap<Uint8Array, string>()
  const watchAddon = (exports: unknown): void => {
    if (typeof exports !== 'object' || exports === null || !('pipeline' in exports) || !('stats' in exports))
      return
    for (const name of ['pipeline', 'stats'])
      restores.push(replace(exports, name, (original) => decoder(context, hashes, original)))
  }
  // Loaded before this probe: the library form of `inspect()`.
  for (const path of Object.keys(loadedModules()))
    if (/sharp[^\\/]*\.node$/u.test(path)) quietly(() => watchAddon(loadedModules()[path]?.exports))
  restores.push(
    replace(
      process,
      'dlopen',
      (original) =>
        function dlopen(this: unknown, ...args: unknown[]): unknown {
          const result = Reflect.apply(original, this, args)
          if (/sharp[^\\/]*\.node$/u.test(String(args[1])))
            quietly(() => watchAddon((args[0] as { exports: unknown }).exports))
          return result
        },
    ),
  )
  return () => {
    for (const restore of restores) restore()
  }
}

/** CommonJS modules that are there. */
function loadedModules(): Readonly<Record<string, { exports: unknown } | undefined>> {
  return Reflect.get(Module, '_cache') as Readonly<Record<string, { exports: unknown } | undefined>>
}

function decoder(
  context: ProbeContext,
  hashes: WeakMap<Uint8Array, string>,
  original: AnyFunction,
): AnyFunction {
  return function decode(this: unknown, ...args: unknown[]): unknown {
    const [options, callback] = args
    const call = typeof callback === 'function' ? context.begin('decode') : undefined
    const input = identify(context, hashes, options as SharpOptions)
    if (call === undefined || input === undefined || typeof callback !== 'function')
      return Reflect.apply(original, this, args)
    const heard = function heard(this: unknown, ...given: unknown[]): unknown {
      quietly(() => tell(context, call, input, given[0] === null || given[0] === undefined))
      return Reflect.apply(callback, this, given) as unknown
    }
    return Reflect.apply(original, this, [options, heard, ...args.slice(2)])
  }
}

interface Image {
  key: string
  resource: string
  bytes: number
}

function identify(
  context: ProbeContext,
  hashes: WeakMap<Uint8Array, string>,
  options: SharpOptions,
): Image | undefined {
  const input = options.input
  // Pixels, colors and text are not decoded.
  if (input === undefined || (input.rawChannels ?? 0) > 0 || (input.createChannels ?? 0) > 0) return undefined
  if (input.textValue !== undefined && input.textValue !== '') return undefined
  if (typeof input.file === 'string' && input.file !== '')
    return { key: keyOf(input.file), resource: input.file, bytes: 0 }
  const { buffer } = input
  if (!(buffer instanceof Uint8Array) || !context.recorder.mayLook()) return undefined
  const startedAt = performance.now()
  const hash = hashes.get(buffer) ?? createHash('sha256').update(buffer).digest('hex').slice(0, 16)
  hashes.set(buffer, hash)
  context.recorder.spent(startedAt)
  return { key: hash, resource: `image ${hash.slice(0, 8)}`, bytes: buffer.byteLength }
}

function tell(context: ProbeContext, call: Call, image: Image, complete: boolean): void {
  context.end('decode', call, { ...image, complete, hash: image.key })
}
