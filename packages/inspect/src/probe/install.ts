import { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import { createRecentAnswers } from './answers.ts'
import type { ProbeVariables } from './children.ts'
import { watchChildren } from './children.ts'
import type { Scope } from './context.ts'
import { createProbeContext, quietly, watchRoots } from './context.ts'
import { watchDecodes } from './decodes.ts'
import { watchEventLoop } from './event-loop.ts'
import type { FanOutWatch } from './fan-outs.ts'
import { watchFanOuts } from './fan-outs.ts'
import { watchFiles } from './files.ts'
import { watchHttp } from './http-client.ts'
import { watchPoolWork } from './pool-work.ts'
import type { Recorder } from './recorder.ts'
import type { Restore } from './replace.ts'
import { watchUndici } from './undici-client.ts'

/** The probes of one thread. */
export interface Probes {
  /** Runs work whose operations belong to the run given to `installProbes`. */
  within: <T>(work: () => T) => T
  restore: Restore
}

/**
 * Puts all probes in place. One that cannot be is left out: the program must run as it does without them.
 * @param run undefined watches everything in this thread; an object, only what runs within `within`
 */
export function installProbes(
  recorder: Recorder,
  run: object | undefined,
  variables: ProbeVariables,
): Probes {
  const scopes = new AsyncLocalStorage<Scope>()
  const context = createProbeContext(recorder, scopes, run)
  const recent = createRecentAnswers()
  const restores: Restore[] = []
  let fanOuts: FanOutWatch | undefined
  const watches: readonly (() => Restore)[] = [
    // Before intervals are wrapped, which would make its own beat a root.
    () => watchEventLoop(context, () => fanOuts?.look()),
    () => watchRoots(context),
    () => watchUndici(context, recent),
    () => watchHttp(context, recent),
    () => watchFiles(context),
    () => watchPoolWork(context),
    () => watchChildren(context, variables),
    () => watchDecodes(context),
    () => {
      fanOuts = watchFanOuts(context)
      return fanOuts.restore
    },
  ]
  for (const watch of watches) quietly(() => restores.push(watch()))
  quietly(syncBuiltinESMExports)
  return {
    within: (work) => scopes.run({ root: '', run }, work),
    restore: () => {
      for (const restore of restores.toReversed()) quietly(restore)
      quietly(syncBuiltinESMExports)
    },
  }
}
