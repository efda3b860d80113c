import { mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isMainThread, threadId } from 'node:worker_threads'
import type { ProbeEvent } from './events.ts'
import { installProbes } from './install.ts'
import { createRecorder } from './recorder.ts'

/** The folder that the events of every thread of every process go to. */
export const folderVariable = 'DARKROOM_INSPECT_FOLDER'

/** Begins to watch this thread. Loaded by `--require` before the program's first line. */
export function watchThisThread(): void {
  const folder = process.env[folderVariable]
  if (folder === undefined || folder === '') return
  const write = eventFile(folder)
  if (write === undefined) return
  const recorder = createRecorder(write)
  recorder.emit({
    type: 'process',
    pid: process.pid,
    parentPid: process.ppid,
    thread: isMainThread ? 0 : threadId,
    at: recorder.now(),
    node: process.version,
    script: basename(process.argv[1] ?? ''),
    poolSize: Math.max(1, Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4),
  })
  const variables = { [folderVariable]: folder, NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' }
  const probes = installProbes(recorder, undefined, variables)
  process.on('exit', () => {
    probes.restore()
    recorder.finish()
  })
}

/**
 * A file of this thread. Every event is written at once: what was seen survives the end of the process, however it
 * comes. The time that takes is part of what looking may cost.
 */
function eventFile(folder: string): ((event: ProbeEvent) => void) | undefined {
  let file: number
  try {
    mkdirSync(folder, { recursive: true })
    file = openSync(join(folder, `${process.pid}-${threadId}.ndjson`), 'a', 0o600)
  } catch {
    return undefined
  }
  return (event) => {
    try {
      writeSync(file, `${JSON.stringify(event)}\n`)
    } catch {
      // The disk is full, or the program has closed descriptors that are not its own.
    }
  }
}
