import type { Command } from 'commander'
import type { CommandEnvironment } from './command.ts'
import type { MarkOptions } from './mark.ts'

/** `darkroom mark`: its options. */
export function addMarkCommand(
  program: Command,
  io: CommandEnvironment,
  setExitCode: (code: number) => void,
): void {
  program
    .command('mark [text]')
    .description('mark a moment, such as a deploy, that latency is compared around')
    .option('--at <time>', 'an earlier moment, like 2026-11-21T17:30:00Z')
    .option('--list', 'the markers there are', false)
    .option('--compare <id>', 'percentiles before and after one')
    .option('--remove <id>', 'take one away')
    .option(
      '--window <time>',
      'for --compare: as long before and after (default: "1h"); for --list: back (7d)',
    )
    .option('--stage <name>', 'for --compare: one stage (default: "total")')
    .option('--class <name>', 'for --compare: one cache class')
    .option('--server <url>', 'the running server (default: HOST and PORT of this configuration)')
    .option('--url <url>', 'the same')
    .option('--json', 'print the answer as JSON', false)
    .action(async (text: string | undefined, options: Omit<MarkOptions, 'text'>) => {
      const { markCommand } = await import('./mark.ts')
      const server = options.server ?? options.url
      setExitCode(await markCommand({ ...options, ...(server && { server }), text }, io))
    })
}
