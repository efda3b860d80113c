import type { Option } from 'commander'
import { Command, CommanderError, Help } from 'commander'
import { version } from '../version.ts'
import type { CarouselCommandOptions } from './carousel.ts'
import type { CatalogImportOptions } from './catalog.ts'
import type { CommandEnvironment } from './command.ts'
import { ConfigError } from '../config-variable.ts'
import { exitCodes } from './command.ts'
import type { GenerateOptions } from './generate.ts'
import { addInspectCommand } from './inspect-command.ts'
import { addKeyCommands } from './key-commands.ts'
import { addMarkCommand } from './mark-command.ts'
import type { ReplayOptions } from './replay.ts'

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function main(
  args: readonly string[],
  io: CommandEnvironment = {
    environment: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
  },
): Promise<number> {
  let exitCode: number = exitCodes.done
  // Each command is loaded when it is asked for: the whole platform takes a second, and most need little of it.
  const run =
    <Options>(load: () => Promise<(options: Options, io: CommandEnvironment) => Promise<number>>) =>
    async (options: Options): Promise<void> => {
      const command = await load()
      exitCode = await command(options, io)
    }
  const program = new Command('darkroom')
    .description('Image generation where every unit of shared work happens exactly once.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError()
    .configureHelp({ optionDescription })
  program
    .command('start')
    .description('start the whole platform: database, queue, worker, edge, gateway')
    .option(
      '--role <role>',
      'which part to run: all, gateway (requests and webhooks), worker (pictures and slides) or predictor (what is made ahead)',
      'all',
    )
    .action(run(async () => (await import('./start.ts')).startCommand))
  program
    .command('edge')
    .description('the cache alone, as a reverse proxy on PORT in front of an HTTP server')
    .requiredOption('--origin <url>', 'the server to ask: http://host:port, without a path')
    .option('--profile <name>', 'safe, or conformance: all that RFC 9111 permits', 'safe')
    .option('--join-timeout <s>', "wait at most so long for another request's answer, then ask alone")
    .option('--origin-timeout <s>', 'give the origin up when nothing arrives for so long', '300')
    .action(run(async () => (await import('./edge.ts')).edgeCommand))
  program
    .command('generate <prompt>')
    .description('make one picture and write it to a file')
    .requiredOption('-o, --output <file>', 'the file to write; its ending chooses the format')
    .option('--size <WxH>', 'size in pixels', '1024x1024')
    .option('--seed <n>', 'another seed is another picture', '0')
    .option('--model <name>', 'a model of DARKROOM_MODELS')
    .option('--negative <text>', 'what the picture must not show')
    .option('--style <text>', 'a style')
    .option('--url <url>', 'use a running server instead of starting the platform')
    .option('--server <url>', 'the same')
    .option('--json', 'print the record as JSON', false)
    .action(async (prompt: string, { server, ...options }: AsTyped<GenerateOptions, 'prompt'>) => {
      const { generateCommand } = await import('./generate.ts')
      exitCode = await generateCommand({ ...options, url: options.url ?? server, prompt }, io)
    })
  program
    .command('carousel [base]')
    .description('make slides of one photograph: a file or a URL, fetched and decoded once')
    .requiredOption('--slides <file>', 'JSON: a list of slides, or an object with slides, theme, brand, size')
    .requiredOption('-o, --output <folder>', 'where the slides go; several sizes in a folder each')
    .option('--size <WxH>', 'size in pixels; may be repeated, or a list with commas', collect, [])
    .option('--format <name>', 'jpeg, png, webp or avif')
    .option('--quality <n>', '1 to 100')
    .option('--theme <name>', 'how the slides look')
    .option('--brand <file>', 'JSON: color, handle, logo, pageMark, swipeCue, fonts')
    .option('--brand-color <color>', 'of buttons, rules and emphasis: #c8102e')
    .option('--handle <text>', 'your name, as shown')
    .option('--logo <file>', 'a picture, best with transparency')
    .option('--zip', 'also carousel.zip, with a manifest', false)
    .option('--pdf', 'also carousel.pdf, one slide a page', false)
    .option('--prompt <text>', 'generate the base first, instead of a file or URL')
    .option('--seed <n>', 'for --prompt: another seed is another picture (default: "0")')
    .option('--model <name>', 'for --prompt: a model of DARKROOM_MODELS')
    .option('--url <url>', 'for --prompt: use a running server instead of starting the platform')
    .option('--server <url>', 'the same')
    .option('--json', 'print one JSON document at the end', false)
    .action(
      async (base: string | undefined, { server, ...options }: AsTyped<CarouselCommandOptions, 'source'>) => {
        const { carouselCommand } = await import('./carousel.ts')
        exitCode = await carouselCommand({ ...options, url: options.url ?? server, source: base }, io)
      },
    )
  program
    .command('purge')
    .description('drop cached copies in a running server; stored results stay')
    .option('--tag <tag>', 'what bears this tag; may be repeated', collect, [])
    .option('--image <id>', 'a picture and what was made from it; may be repeated', collect, [])
    .option('--url <url>', 'a URL of /live or /images, relative or absolute; may be repeated', collect, [])
    .option('--everything', 'all there is', false)
    .option('--soft', 'mark stale instead of dropping', false)
    .option('--wait [seconds]', 'until CDNs in front have been told (60 s at most, without a number)')
    .option('--server <url>', 'the running server (default: HOST and PORT of this configuration)')
    .option('--json', 'print the answer as JSON', false)
    .action(run(async () => (await import('./purge.ts')).purgeCommand))
  const jobs = program
    .command('jobs')
    .description('work that has failed and that nothing tries again by itself')
  jobs
    .command('dead')
    .description('list it, newest first')
    .option('--code <code>', 'only failures of this code (docs/errors.md)')
    .option('--limit <n>', 'at most so many, up to 100', '20')
    .option('--server <url>', 'the running server (default: HOST and PORT of this configuration)')
    .option('--json', 'print the answer as JSON', false)
    .action(run(async () => (await import('./jobs.ts')).deadJobsCommand))
  jobs
    .command('redrive')
    .description('try it again: the next attempt under the same key')
    .option('--id <id>', 'a picture, request or carousel; may be repeated', collect, [])
    .option('--code <code>', 'all that failed with this code')
    .option('--all', 'all there is', false)
    .option('--server <url>', 'the running server (default: HOST and PORT of this configuration)')
    .option('--json', 'print the answer as JSON', false)
    .action(run(async () => (await import('./jobs.ts')).redriveJobsCommand))
  addKeyCommands(program, io, (code) => {
    exitCode = code
  })
  addMarkCommand(program, io, (code) => {
    exitCode = code
  })
  program
    .command('latency')
    .description('what readers of a URL wait, against a budget; or what a server has measured itself')
    .option('--check <url>', 'the URL to ask')
    .option('--from <server>', 'server: the running one; or its URL')
    .option('--compare <marker>', 'before and after a marker, by its number')
    .option('--url <url>', 'for --from server (default: HOST and PORT of this configuration)')
    .option('--server <url>', 'the same')
    .option('--window <time>', 'for --from: 15m, 24h, 7d (default: "24h")')
    .option('--by <name>', 'for --from: class, stage, route, scope or model (default: "class")')
    .option(
      '--stage <name>',
      'for --from: key, edge, access, queue, warm, generate, encode, store, told, total',
    )
    .option('--class <name>', 'for --from: hit, stale, collapsed, miss, pre-generated or other')
    .option('--n <count>', 'how many requests are measured', '200')
    .option('--warm-up <count>', 'how many are sent before and not measured', '10')
    .option('--rate <perSecond>', 'so many a second, each timed from when it was due (an open loop)')
    .option('--concurrency <clients>', 'without --rate: so many clients, one request after another each', '1')
    .option('--budget <limits>', 'p99=50ms,hit.ttfb.p50=5ms: exit code 1 where one is not met')
    .option('--header <line>', '"Name: value", sent with each request; may be repeated', collect, [])
    .option('--timeout <s>', 'give a request up after so long', '60')
    .option('--json', 'print the report as JSON', false)
    .action(run(async () => (await import('./latency.ts')).latencyCommand))
  addInspectCommand(program, io, (code) => {
    exitCode = code
  })
  program
    .command('catalog')
    .description('items whose pictures are made before they go live')
    .command('import <file>')
    .description('items of a CSV or JSON file, each with an id, into a catalogue of a running server')
    .requiredOption('--catalog <name>', 'name or id of the catalogue')
    .option('--replace', 'items that the file lacks leave the catalogue', false)
    .option('--server <url>', 'the running server (default: HOST and PORT of this configuration)')
    .option('--json', 'print the answer as JSON', false)
    .action(async (file: string, options: Omit<CatalogImportOptions, 'file'>) => {
      const { catalogImportCommand } = await import('./catalog.ts')
      exitCode = await catalogImportCommand({ ...options, file }, io)
    })
  program
    .command('replay <trace>')
    .description(
      'would prediction pay? The real policy over an access log, beside what could be done instead',
    )
    .option('--retire <when>', 'all stored results are retired: nightly, weekly or never', 'nightly')
    .option('--service-time <duration>', 'how long a generation takes', '10s')
    .option('--budget <share>', 'made ahead at most, a day: of the distinct keys of the day before', '25%')
    .option('--ttl <duration>', 'how long an answer is fresh, in the rows that have a TTL', '1h')
    .option('--held-out <share>', 'candidates that are deliberately not made', '5%')
    .option('--columns <names>', 'time=…,key=…,session=…,family=…,scope=… where they have other names')
    .option('--seed <n>', 'of what is held out', '1')
    .option('--json', 'print the figures as JSON', false)
    .action(async (trace: string, options: Omit<ReplayOptions, 'trace'>) => {
      const { replayCommand } = await import('./replay.ts')
      exitCode = await replayCommand({ ...options, trace }, io)
    })
  program
    .command('export [file]')
    .description('the database as one file, or to standard output; pictures stay in the object store')
    .option('-o, --output <file>', 'the file; compressed where its name ends in .gz')
    .option('--json', 'print the counts as JSON', false)
    .action(async (file: string | undefined, options: { output?: string; json: boolean }) => {
      const { exportCommand } = await import('./export.ts')
      exitCode = await exportCommand({ file: file ?? options.output, json: options.json }, io)
    })
  program
    .command('import [file]')
    .description('read an export, or standard input, into the empty database of this configuration')
    .option('-i, --input <file>', 'the file; compressed or not')
    .option('--json', 'print the counts as JSON', false)
    .action(async (file: string | undefined, options: { input?: string; json: boolean }) => {
      const { importCommand } = await import('./import.ts')
      exitCode = await importCommand({ file: file ?? options.input, json: options.json }, io)
    })
  program
    .command('doctor')
    .description('check this machine and the configuration')
    .option('--json', 'print the checks as JSON', false)
    .action(run(async () => (await import('./doctor.ts')).doctorCommand))
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof ConfigError) {
      io.stderr(`${error.message}\n`)
      return exitCodes.failed
    }
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  return exitCode
}

/** What commander read, with the two names for the running server. */
type AsTyped<Options, Argument extends keyof Options> = Omit<Options, Argument> & { server?: string }

/** A switch that is off and a list that is empty are no defaults worth a reader's time. */
function optionDescription(option: Option): string {
  const { defaultValue, description } = option
  const isNone = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0)
  return isNone ? description : new Help().optionDescription(option)
}

/** The values of an option that may be repeated. */
function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
