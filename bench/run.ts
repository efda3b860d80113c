import { edgeBench } from './edge.ts'
import { memoryBench } from './memory.ts'
import { queueBench } from './queue.ts'
import type { BenchResult } from './result.ts'
import { printResult } from './result.ts'
import { startBench } from './start.ts'

/** `npm run bench [name …] [-- --json]`: tables for people, or the same numbers as JSON. No pass or fail. */
const benches: Readonly<Record<string, () => Promise<BenchResult>>> = {
  edge: edgeBench,
  queue: queueBench,
  start: startBench,
  memory: memoryBench,
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
  const results: BenchResult[] = []
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue
    const result = await bench()
    results.push(result)
    if (!asJson) printResult(result)
  }
  if (asJson) process.stdout.write(`${JSON.stringify(results)}\n`)
}
