import type { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHash } from 'node:crypto'
import timers from 'node:timers'
import { callSites } from './call-stack.ts'
import type { OperationEvent, OperationKind } from './events.ts'
import type { Recorder } from './recorder.ts'
import type { AnyFunction, Restore } from './replace.ts'
import { replace } from './replace.ts'

/** On whose behalf code runs: followed through promises, timers and callbacks. */
export interface Scope {
  /** One request of a server, one firing of an interval; empty for the program itself. */
  root: string
  /** Only work of this run of `inspect()` is told; undefined in a watched process, where all is. */
  run: object | undefined
}

/** Where work was asked for. */
export type Call = Pick<OperationEvent, 'start' | 'stack' | 'branches' | 'tick' | 'root'> & {
  loader: boolean
}

/** What all probes share. */
export interface ProbeContext {
  recorder: Recorder
  scopes: AsyncLocalStorage<Scope>
  /** Undefined when the work is not of the run that is watched. */
  begin: (kind: string) => Call | undefined
  /** Tells of an ended piece of work. */
  end: (
    kind: OperationKind,
    call: Call,
    detail: Pick<OperationEvent, 'key' | 'resource' | 'complete' | 'bytes' | 'hash'> &
      Partial<OperationEvent>,
  ) => void
  /** A number for the synchronous run that is going on. */
  tick: () => number
}

/** @param run the run of `inspect()` that is watched; undefined watches everything */
export function createProbeContext(
  recorder: Recorder,
  scopes: AsyncLocalStorage<Scope>,
  run: object | undefined,
): ProbeContext {
  let tick = 0
  let isOpen = false
  let timerRuns = 0
  const currentTick = (): number => {
    if (isOpen) return tick
    isOpen = true
    tick += 1
    void Promise.resolve().then(() => (isOpen = false))
    return tick
  }
  return {
    recorder,
    scopes,
    tick: currentTick,
    begin: (kind) => {
      const scope = scopes.getStore()
      if (run !== undefined && scope?.run !== run) return undefined
      if (!recorder.mayLook()) {
        recorder.pass(kind)
        return undefined
      }
      const startedAt = performance.now()
      const call: Call = {
        start: recorder.now(),
        stack: 0,
        branches: [],
        tick: currentTick(),
        root: scope?.root ?? '',
        loader: false,
      }
      const sites = callSites()
      call.stack = recorder.stackId(sites.frames)
      call.branches = sites.branches
      call.loader = sites.loader
      // Each firing of a timer is another asker: overlapping polls are no fan-out.
      if (sites.timer && call.root === '') call.root = `timer ${(timerRuns += 1)} ${tick}`
      recorder.spent(startedAt)
      return call
    },
    end: (kind, call, detail) => {
      const startedAt = performance.now()
      const { loader: _, ...place } = call
      recorder.operation({
        type: 'operation',
        id: recorder.nextId(),
        kind,
        ...place,
        end: recorder.now(),
        ...detail,
      })
      recorder.spent(startedAt)
    },
  }
}

/** Requests of the program's own servers and firings of intervals get roots of their own. */
export function watchRoots(context: ProbeContext): Restore {
  const { scopes } = context
  let count = 0
  const onRequest = (): void => {
    // A server's work is not of the run that asked it.
    scopes.enterWith({ root: `request ${(count += 1)}`, run: undefined })
  }
  subscribe('http.server.request.start', onRequest)
  const wrap = (original: AnyFunction): AnyFunction =>
    function setInterval(this: unknown, ...args: unknown[]): unknown {
      const [callback, ...rest] = args
      if (typeof callback !== 'function') return Reflect.apply(original, this, args)
      const fire = function fire(this: unknown, ...given: unknown[]): unknown {
        const scope: Scope = {
          ...scopes.getStore(),
          root: `interval ${(count += 1)}`,
          run: scopes.getStore()?.run,
        }
        return scopes.run(scope, () => Reflect.apply(callback, this, given) as unknown)
      }
      return Reflect.apply(original, this, [fire, ...rest])
    }
  const restores = [replace(globalThis, 'setInterval', wrap), replace(timers, 'setInterval', wrap)]
  return () => {
    unsubscribe('http.server.request.start', onRequest)
    for (const restore of restores) restore()
  }
}

/** A name for something that must not be told: 16 hexadecimal digits. */
export function keyOf(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
}

/** Runs what only watches: whatever goes wrong in it stays in it. */
export function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // The program that is watched must not notice.
  }
}
