export type { CommandRun, RunCommandOptions } from './command/run-command.ts'
export { CommandStartError, runCommand } from './command/run-command.ts'
export type { Inspection, InspectOptions } from './inspect.ts'
export { inspect } from './inspect.ts'
export { htmlReport } from './report/html.ts'
export type { FindingLimits } from './report/limits.ts'
export { exceededLimits, parseLimits } from './report/limits.ts'
export type {
  Duplicate,
  FanOutSummary,
  Report,
  SharedOutput,
  SharedResource,
  TimelineEntry,
  Totals,
  Waterfall,
} from './report/report.ts'
export { terminalReport } from './report/terminal.ts'
