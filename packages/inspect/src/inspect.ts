import { analyse } from './analyse/analyse.ts'
import { withSourceLines } from './analyse/source-maps.ts'
import type { ProbeEvent } from './probe/events.ts'
import { installProbes } from './probe/install.ts'
import { createRecorder } from './probe/recorder.ts'
import type { Report } from './report/report.ts'

/** A report, and what the inspected function gave: `const { value, report } = …` or `const report = …`. */
export interface Inspection<T> extends Report {
  value: T
  report: Report
}

/** What to look at. */
export interface InspectOptions {
  /** What places in the report are relative to. Default: the working directory. */
  folder?: string
}

/**
 * Runs a function and tells what shared work it repeated. Only what the function causes is looked at: other work of
 * the process, and what servers in it do to answer, is not. An error of the function is thrown on.
 * The probes are taken out again when it has ended; what goes on afterwards is not seen.
 */
export async function inspect<T>(
  work: () => Promise<T> | T,
  options: InspectOptions = {},
): Promise<Inspection<T>> {
  const events: ProbeEvent[] = []
  const recorder = createRecorder((event) => events.push(event))
  recorder.emit({
    type: 'process',
    pid: process.pid,
    parentPid: process.ppid,
    thread: 0,
    at: recorder.now(),
    node: process.version,
    script: '',
    poolSize: 4,
  })
  const probes = installProbes(recorder, {}, {})
  let value: T
  try {
    value = await probes.within(async () => work())
  } finally {
    probes.restore()
    recorder.finish()
  }
  const threads = withSourceLines(new Map([[`${process.pid}-0`, events]]))
  const report = analyse(threads, options.folder ?? process.cwd())
  return { ...report, value, report }
}
