import { inspect } from 'node:util'
import type { ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { Restore } from './replace.ts'
import { replace } from './replace.ts'

const watchedAtOnce = 64

/** The fan-outs of a thread. */
export interface FanOutWatch {
  /** Looks which have settled since. */
  look: () => void
  restore: Restore
}

/**
 * `Promise.all`, `allSettled`, `any` and `race`. No handler is put on any promise: a second one would make V8 lose
 * the asynchronous stack of the first, in the program's own errors too. Whether one has settled is read off it.
 */
export function watchFanOuts(context: ProbeContext): FanOutWatch {
  const open = new Map<number, WeakRef<Promise<unknown>>>()
  const restores = ['all', 'allSettled', 'any', 'race'].map((joins) =>
    replace(
      Promise,
      joins,
      (original) =>
        // A method, as the original: `new Promise.all()` throws.
        ({
          joined(this: unknown, ...args: unknown[]): unknown {
            const [branches] = args
            const result = Reflect.apply(original, this, args)
            // Other iterables could be read only once.
            if (Array.isArray(branches) && branches.length > 1)
              quietly(() => tell(context, joins, branches.length, result, open))
            return result
          },
        }).joined,
    ),
  )
  const look = (): void => {
    for (const [id, reference] of open) {
      const promise = reference.deref()
      if (promise !== undefined && isPending(promise)) continue
      open.delete(id)
      context.recorder.emit({ type: 'settled', fanOut: id, end: context.recorder.now() })
    }
  }
  return {
    look,
    restore: () => {
      look()
      for (const restore of restores) restore()
    },
  }
}

function tell(
  context: ProbeContext,
  joins: string,
  branches: number,
  result: unknown,
  open: Map<number, WeakRef<Promise<unknown>>>,
): void {
  const { recorder } = context
  if (!recorder.mayFanOut()) return
  const call = context.begin('fan-out')
  if (call === undefined) return
  const id = recorder.nextId()
  const { start, stack, branches: outer, tick, root } = call
  recorder.emit({ type: 'fanOut', id, joins, branches, start, stack, outer, tick, root })
  if (result instanceof Promise && open.size < watchedAtOnce) open.set(id, new WeakRef(result))
}

/** By its picture, which runs no code of the program. */
function isPending(promise: Promise<unknown>): boolean {
  const picture = inspect(promise, {
    depth: 0,
    customInspect: false,
    showProxy: true,
    maxArrayLength: 0,
    maxStringLength: 0,
  })
  return picture.includes('<pending>')
}
