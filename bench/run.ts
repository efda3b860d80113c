import { resolve } from 'node:path'
import { carouselBench } from './carousel.ts'
import { clientBench } from './client.ts'
import { edgeBench } from './edge.ts'
import { edgePurgeBench } from './edge-purge.ts'
import { edgeStampedeBench } from './edge-stampede.ts'
import { measuringBench } from './measuring.ts'
import { memoryBench } from './memory.ts'
import { overloadBench } from './overload.ts'
import { predictionBench } from './prediction.ts'
import { percentilesBench } from './percentiles.ts'
import { platformBench } from './platform.ts'
import { queueBench } from './queue.ts'
import type { BenchResult } from './result.ts'
import { BenchInputError, printResult } from './result.ts'
import { speculationBench } from './speculation.ts'
import { startBench } from './start.ts'
import { warmPoolBench } from './warm-pool.ts'
import { workersBench } from './workers.ts'

/** Flags of the command line. */
interface BenchOptions {
  /** `--long`: also what takes minutes. */
  long: boolean
  /** `--peers`, `--peers=folder`: also other libraries, where they are installed here or in that folder. */
  peers: string | undefined
  /** `--name=value` of one bench alone. */
  value(name: string): string | undefined
}

type Bench = (options: BenchOptions) => Promise<BenchResult>

/**
 * `npm run bench [name …] [-- --json] [--long] [--peers[=folder]]`: tables for people, or the same numbers as JSON. No pass or fail. A
 * name stands for all whose name it begins: `edge` for hits, stampedes and purges.
 */
const benches: Readonly<Record<string, Bench>> = {
  edge: edgeBench,
  'edge-stampede': edgeStampedeBench,
  'edge-purge': edgePurgeBench,
  queue: queueBench,
  workers: workersBench,
  start: startBench,
  memory: memoryBench,
  measuring: measuringBench,
  overload: overloadBench,
  percentiles: percentilesBench,
  platform: platformBench,
  carousel: carouselBench,
  prediction: predictionBench,
  'warm-pool': warmPoolBench,
  speculation: speculationBench,
  client: clientBench,
}

const args = process.argv.slice(2)
const asJson = args.includes('--json')
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}\n`,
  )
  process.exitCode = 2
} else {
  try {
    await runBenches()
  } catch (error) {
    if (!(error instanceof BenchInputError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

async function runBenches(): Promise<void> {
  const results: BenchResult[] = []
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.some((each) => name === each || name.startsWith(`${each}-`))) continue
    const result = await bench({ long: args.includes('--long'), peers: peersOf(args), value: valueOf })
    results.push(result)
    if (!asJson) printResult(result)
  }
  if (asJson) {
    const [only] = results
    const alone = results.length === 1 ? only?.json : undefined
    process.stdout.write(`${JSON.stringify(alone ?? results)}\n`)
  }
}

function peersOf(flags: readonly string[]): string | undefined {
  const flag = flags.find((each) => each === '--peers' || each.startsWith('--peers='))
  return flag === undefined ? undefined : resolve(flag.slice('--peers='.length) || '.')
}

function valueOf(name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
}
