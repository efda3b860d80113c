import { parseArgs } from 'node:util'
import { cephRgwMissing } from '../../packages/server/src/storage/testing/ceph-rgw.ts'
import type { Target } from './torture.ts'
import { torture } from './torture.ts'

/** `npm run torture -- --kills N [--seed S] [--processes P] [--clients C] [--storage s3] [--quick] [--json]`; exit 1 where it found a fault. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    processes: { type: 'string', default: '4' },
    clients: { type: 'string', default: '8' },
    targets: { type: 'string' },
    storage: { type: 'string', default: 'file' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

function whole(name: 'kills' | 'seed' | 'processes' | 'clients'): number {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  return misused(`--${name} must be a whole number from 0, not ${values[name]}`)
}

function targets(): Target[] | undefined {
  const names = values.targets?.split(',')
  const known = names?.filter((name) => name === 'process' || name === 'database' || name === 'everything')
  if (known?.length === names?.length) return known
  return misused('--targets takes process, database and everything, separated by commas')
}

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

const { storage } = values
if (storage !== 'file' && storage !== 's3') misused('--storage takes file or s3')
const missing = storage === 's3' ? cephRgwMissing() : undefined
if (missing !== undefined) misused(missing)
const chosen = targets()
const report = await torture({
  ...(chosen === undefined ? {} : { targets: chosen }),
  storage: storage === 's3' ? 's3' : 'file',
  quick: values.quick,
  kills: whole('kills'),
  seed: whole('seed'),
  processes: whole('processes'),
  clients: whole('clients'),
  onKill: (number, what) => {
    if (!values.json) console.log(`kill ${number}: ${what}`)
  },
})
const { recoveries, wrong, unexplained, ...counts } = report
const summary = {
  ...counts,
  wrong: wrong.length,
  requeuedMs: percentiles(recoveries.map(({ requeuedMs }) => requeuedMs)),
  recoveredMs: percentiles(recoveries.map(({ startedMs }) => startedMs)),
  recoveredAfterDeathMs: percentiles(recoveries.map(({ startedAfterDeathMs }) => startedAfterDeathMs)),
  recoveredMsBy: Object.fromEntries(
    ['process', 'database', 'everything'].map((what) => [
      what,
      percentiles(recoveries.flatMap((each) => (each.what === what ? [each.startedMs] : []))),
    ]),
  ),
}
for (const answer of wrong.slice(0, 5)) console.error(answer)
for (const rerun of unexplained) console.error('a rerun without a crash:', rerun)
console.log(values.json ? JSON.stringify(summary) : summary)
const faults = report.lost + report.duplicates + report.torn + report.rerunsWithoutCrash + wrong.length
process.exitCode = faults === 0 ? 0 : 1

function percentiles(
  durations: readonly number[],
): { count: number } & Record<'p50' | 'p90' | 'max', number | undefined> {
  const sorted = durations.toSorted((a, b) => a - b)
  const at = (share: number): number | undefined => sorted[Math.floor((sorted.length - 1) * share)]
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), max: at(1) }
}
