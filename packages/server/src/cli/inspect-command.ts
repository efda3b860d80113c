import type { Command } from 'commander'
import type { CommandEnvironment } from './command.ts'
import type { InspectCommandOptions } from './inspect.ts'

/** `darkroom inspect [options] -- <command…>`; what stands behind the command is the command's. */
export function addInspectCommand(
  program: Command,
  io: CommandEnvironment,
  exit: (code: number) => void,
): void {
  program
    .enablePositionalOptions()
    .command('inspect <command...>')
    .description('run any command, and tell what shared work its Node processes repeated side by side')
    .option('--json <file>', 'write the report as JSON')
    .option('--html <file>', 'write the report as a page with a picture of the run')
    .option('--fail-on <limits>', 'duplicates=0,outputs=0,resources=0,waterfalls=0: exit code 1 above it')
    .passThroughOptions()
    .action(async (command: string[], options: Omit<InspectCommandOptions, 'command'>) => {
      const { inspectCommand } = await import('./inspect.ts')
      exit(await inspectCommand({ ...options, command }, io))
    })
}
