import type { ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { AnyFunction, Restore } from './replace.ts'
import { replace } from './replace.ts'

const watchedBranches = 1000

/** `Promise.all`, `allSettled`, `any` and `race`. */
export function watchFanOuts(context: ProbeContext): Restore {
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
              quietly(() => tell(context, joins, branches, Reflect.get(Promise, joins) as AnyFunction))
            return result
          },
        }).joined,
    ),
  )
  return () => {
    for (const restore of restores) restore()
  }
}

function tell(context: ProbeContext, joins: string, branches: readonly unknown[], above: AnyFunction): void {
  const { recorder } = context
  if (!recorder.mayLook() || !recorder.mayFanOut()) return
  const call = context.begin(above)
  if (call === undefined) return
  const id = recorder.nextId()
  const { start, stack, branches: outer, tick, root } = call
  recorder.emit({ type: 'fanOut', id, joins, branches: branches.length, start, stack, outer, tick, root })
  for (const [index, branch] of branches.slice(0, watchedBranches).entries()) {
    // Its handlers are there already: the native call has taken responsibility for a rejection.
    if (!(branch instanceof Promise) || branch.constructor !== Promise) continue
    const settled = (): void =>
      quietly(() => recorder.emit({ type: 'branch', fanOut: id, index, end: recorder.now() }))
    void branch.then(settled, settled)
  }
}
