import childProcess from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'
import type { ProbeContext } from './context.ts'
import { keyOf, quietly } from './context.ts'
import type { Restore } from './replace.ts'
import { replace } from './replace.ts'

/** Variables by which a child process is watched too. */
export type ProbeVariables = Readonly<Record<string, string>>

/** Child processes and worker threads: where they were started, and how long processes ran. */
export function watchChildren(context: ProbeContext, variables: ProbeVariables): Restore {
  const restoreSpawn = replace(
    childProcess.ChildProcess.prototype,
    'spawn',
    (original) =>
      function spawn(this: unknown, ...args: unknown[]): unknown {
        quietly(() => handOn(args[0], variables))
        const result = Reflect.apply(original, this, args)
        quietly(() => tellChild(context, this as childProcess.ChildProcess))
        return result
      },
  )
  const onWorker = (message: unknown): void =>
    quietly(() => {
      const call = context.begin('process')
      if (call === undefined) return
      const { threadId } = (message as { worker: { threadId: number } }).worker
      context.recorder.emit({
        type: 'child',
        at: call.start,
        pid: process.pid,
        worker: threadId,
        stack: call.stack,
      })
    })
  subscribe('worker_threads', onWorker)
  return () => {
    restoreSpawn()
    unsubscribe('worker_threads', onWorker)
  }
}

/** A child that is given an environment of its own is watched as well. */
function handOn(options: unknown, variables: ProbeVariables): void {
  if (typeof options !== 'object' || options === null || !('envPairs' in options)) return
  const { envPairs } = options
  if (!Array.isArray(envPairs)) return
  for (const [name, value] of Object.entries(variables)) {
    const at = envPairs.findIndex((pair) => String(pair).startsWith(`${name}=`))
    if (at === -1) envPairs.push(`${name}=${value}`)
    else if (name === 'NODE_OPTIONS' && !String(envPairs[at]).includes(value))
      envPairs[at] = `${String(envPairs[at])} ${value}`
  }
}

function tellChild(context: ProbeContext, child: childProcess.ChildProcess): void {
  const call = context.begin('process')
  if (call === undefined || child.pid === undefined) return
  context.recorder.emit({ type: 'child', at: call.start, pid: child.pid, worker: 0, stack: call.stack })
  const resource = basename(child.spawnfile)
  child.once('exit', (code) =>
    quietly(() =>
      context.end('process', call, {
        key: keyOf(resource),
        resource,
        complete: code === 0,
        bytes: 0,
        hash: '',
      }),
    ),
  )
}
