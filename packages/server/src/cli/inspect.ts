import type { FindingLimits, Report } from '@darkroom/inspect'
import {
  CommandStartError,
  exceededLimits,
  htmlReport,
  parseLimits,
  runCommand,
  terminalReport,
} from '@darkroom/inspect'
import { constants } from 'node:os'
import { writeFile } from 'node:fs/promises'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'

/** Options of `darkroom inspect` as commander gives them. */
export interface InspectCommandOptions {
  command: readonly string[]
  /** File for the report as JSON. */
  json?: string
  /** File for the report as a page. */
  html?: string
  /** `duplicates=0,outputs=0`. */
  failOn?: string
}

/** A shell's codes for what cannot be started. */
const startCodes: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 }

/** `darkroom inspect`: runs a command, tells what shared work it repeated, and ends as the command did. */
export async function inspectCommand(
  options: InspectCommandOptions,
  io: CommandEnvironment,
): Promise<number> {
  const limits = readLimits(options.failOn, io)
  if (limits === undefined) return exitCodes.usage
  // Those of `bin/darkroom.js` end this process at once: the command must be waited for, and told of.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(signal)
  try {
    const { report, code, signal } = await runCommand(options.command, { environment: io.environment })
    const isWritten = await writeReports(report, options, io)
    const exceeded = exceededLimits(report, limits)
    for (const sentence of exceeded) io.stderr(`--fail-on: ${sentence}\n`)
    if (signal !== null) return endBySignal(signal)
    if (code !== null && code !== 0) return code
    return exceeded.length > 0 || !isWritten ? exitCodes.failed : exitCodes.done
  } catch (error) {
    if (!(error instanceof CommandStartError)) throw error
    io.stderr(`${error.message}\n`)
    return startCodes[error.code] ?? exitCodes.failed
  }
}

function readLimits(text: string | undefined, io: CommandEnvironment): FindingLimits | undefined {
  if (text === undefined) return {}
  try {
    return parseLimits(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    io.stderr(`--fail-on: ${error.message}.\n`)
    return undefined
  }
}

/** @returns false when a file could not be written */
async function writeReports(
  report: Report,
  options: InspectCommandOptions,
  io: CommandEnvironment,
): Promise<boolean> {
  io.stderr(`\n${terminalReport(report)}`)
  const files = [
    [options.json, () => `${JSON.stringify(report, undefined, 2)}\n`],
    [options.html, () => htmlReport(report, options.command.join(' '))],
  ] as const
  let isWritten = true
  for (const [file, text] of files) {
    if (file === undefined) continue
    try {
      await writeFile(file, text())
    } catch (error) {
      io.stderr(
        `${file}: the report could not be written: ${error instanceof Error ? error.message : String(error)}\n`,
      )
      isWritten = false
    }
  }
  return isWritten
}

/** Ends as the command did, so that whoever started this one sees the same; a shell's code where that dumps memory. */
function endBySignal(signal: NodeJS.Signals): number {
  const plain: readonly string[] = [
    'SIGINT',
    'SIGTERM',
    'SIGHUP',
    'SIGKILL',
    'SIGPIPE',
    'SIGUSR1',
    'SIGUSR2',
    'SIGALRM',
  ]
  if (plain.includes(signal)) process.kill(process.pid, signal)
  return 128 + constants.signals[signal]
}
