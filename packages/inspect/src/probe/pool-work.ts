import crypto from 'node:crypto'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'
import type { ProbeContext } from './context.ts'
import { keyOf, quietly } from './context.ts'
import type { OperationKind } from './events.ts'
import type { Restore } from './replace.ts'
import { replace } from './replace.ts'

const compressions = [
  'gzip',
  'gunzip',
  'deflate',
  'inflate',
  'deflateRaw',
  'inflateRaw',
  'brotliCompress',
  'brotliDecompress',
]
const derivations = ['pbkdf2', 'scrypt']
const lookups = ['lookup', 'resolve', 'resolve4', 'resolve6']

/** Functions with a callback that keep a thread of libuv's pool busy, and questions to name servers. */
export function watchPoolWork(context: ProbeContext): Restore {
  const watch = (target: object, name: string, kind: OperationKind): Restore =>
    replace(
      target,
      name,
      (original) =>
        function wrapper(this: unknown, ...args: unknown[]): unknown {
          const at = args.length - 1
          const callback = args[at]
          if (typeof callback !== 'function') return Reflect.apply(original, this, args)
          const call = context.begin(kind)
          if (call === undefined) return Reflect.apply(original, this, args)
          const resource = kind === 'dns' ? String(args[0]) : name
          const heard = function heard(this: unknown, ...given: unknown[]): unknown {
            const complete = given[0] === null || given[0] === undefined
            quietly(() =>
              context.end(kind, call, { key: keyOf(resource), resource, complete, bytes: 0, hash: '' }),
            )
            return Reflect.apply(callback, this, given) as unknown
          }
          return Reflect.apply(original, this, [...args.slice(0, at), heard])
        },
    )
  const restores = [
    ...compressions.map((name) => watch(zlib, name, 'pool')),
    ...derivations.map((name) => watch(crypto, name, 'pool')),
    ...lookups.map((name) => watch(dns, name, 'dns')),
  ]
  syncBuiltinESMExports()
  return () => {
    for (const restore of restores) restore()
    syncBuiltinESMExports()
  }
}
