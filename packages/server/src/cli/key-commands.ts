import type { Command } from 'commander'
import type { CommandEnvironment } from './command.ts'
import type { DatabaseRolesOptions } from './database-roles.ts'
import type { KeysCreateOptions } from './keys.ts'
import type { SignOptions } from './sign.ts'

/** `darkroom keys …`, `darkroom sign` and `darkroom database …`. */
export function addKeyCommands(program: Command, io: CommandEnvironment, done: (code: number) => void): void {
  const keys = program.command('keys').description('API keys and signing keys (docs/rights.md)')
  keys
    .command('create')
    .description('make a key; it is shown once')
    .option('--admin', 'a key of the operator: everything, in all projects', false)
    .option('--signing', 'a key that signs URLs (docs/signed-urls.md)', false)
    .option('--project <name>', 'whose it is', 'default')
    .option('--name <text>', 'what you call it')
    .option(
      '--right <right>',
      'read, generate, purge or scaling; may be repeated (default: read and generate)',
      collect,
      [],
    )
    .option('--scope <name>', 'keep it to this scope; may be repeated', collect, [])
    .option('--expires <duration>', 'such as 90d or 24h (default: never)')
    .option('--rate <n>', 'requests a minute (default: DARKROOM_RATE_LIMIT)')
    .option('--json', 'print the key as JSON', false)
    .action(async (options: KeysCreateOptions) =>
      done(await (await import('./keys.ts')).keysCreateCommand(options, io)),
    )
  keys
    .command('list')
    .description('all keys, never their secrets')
    .option('--project <name>', 'only of this project')
    .option('--json', 'print them as JSON', false)
    .action(async (options: { project?: string; json: boolean }) =>
      done(await (await import('./keys.ts')).keysListCommand(options, io)),
    )
  keys
    .command('revoke <id>')
    .description('end a key now, in all running servers')
    .option('--json', 'print the key as JSON', false)
    .action(async (id: string, options: { json: boolean }) =>
      done(await (await import('./keys.ts')).keysRevokeCommand({ ...options, id }, io)),
    )
  keys
    .command('rotate <id>')
    .description('make a key like this one, and let this one end')
    .option('--grace <duration>', 'how long the old one goes on working (default: 24h)')
    .option('--json', 'print the new key as JSON', false)
    .action(async (id: string, options: { grace?: string; json: boolean }) =>
      done(await (await import('./keys.ts')).keysRotateCommand({ ...options, id }, io)),
    )
  addDatabaseCommands(program, io, done)
  program
    .command('sign <url>')
    .description('sign a URL of /live or /images, with DARKROOM_SIGNING_KEY or the newest signing key')
    .option('--expires <duration>', 'how long it can be used', '24h')
    .option('--project <name>', "whose newest signing key, where DARKROOM_SIGNING_KEY isn't set", 'default')
    .option('--json', 'print the URL and its end as JSON', false)
    .action(async (url: string, options: Omit<SignOptions, 'url'>) =>
      done(await (await import('./sign.ts')).signCommand({ ...options, url }, io)),
    )
}

function addDatabaseCommands(program: Command, io: CommandEnvironment, done: (code: number) => void): void {
  program
    .command('database')
    .description('the database of this configuration')
    .command('roles')
    .description('give login roles the least that they need (docs/database-roles.md); run as the owner')
    .option('--api <role>', 'the role of processes that answer requests')
    .option('--worker <role>', 'the role of workers: no keys, no budgets, no settings')
    .option('--print', 'print the SQL and run nothing', false)
    .action(async (options: DatabaseRolesOptions) =>
      done(await (await import('./database-roles.ts')).databaseRolesCommand(options, io)),
    )
}

/** The values of an option that may be repeated. */
function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
