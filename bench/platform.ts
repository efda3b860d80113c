import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { Link, Origin } from './carousel/origin.ts'
import { startOrigin } from './carousel/origin.ts'
import { readBase, slides } from './carousel/subject.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const seedProgram = new URL('platform/first-seed.ts', import.meta.url).pathname
const rounds = 12
const repeatsPerRound = 25
const atOnce = 6
const carouselRounds = 5
const drawMs = 400
/** As far away, and as narrow, as in `npm run bench carousel`. */
const link: Link = { delayMs: [200, 800], bytesPerS: 20e6 / 8 }

/** What readers wait for, by how their answer comes about. */
const classes = ['miss', 'hit', 'collapsed', 'carousel', 'carousel again'] as const
type ClassName = (typeof classes)[number]
type Waits = Record<ClassName, number[]>

/** One side: asks for a picture and for a carousel, until the first byte of what was asked for. */
interface Side {
  picture(prompt: string): Promise<number>
  carousel(baseUrl: string): Promise<number>
}

/**
 * The seeds' architectures against ours, as processes of their own over sockets, before the same model server, which
 * takes 400 ms a picture: each request to the one and then to the other, who goes first in turn.
 */
export async function platformBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const fake = await startOpenAIFake({ delayMs: drawMs })
  const { bytes } = await readBase()
  const origin = await startOrigin(bytes)
  const server = await startServer({
    dataDir,
    environment: {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
      DARKROOM_WORKER_CONCURRENCY: '8',
    },
  })
  const seed = await startSeed(join(dataDir, 'seed'), fake.baseUrl)
  const waits = { seed: emptyWaits(), ours: emptyWaits() }
  const drawn = { seed: 0, ours: 0 }
  try {
    const sides = { seed: seedSide(seed.url), ours: ourSide(server.url) }
    const both = async (index: number, run: (name: 'seed' | 'ours') => Promise<void>): Promise<void> => {
      const order: ('seed' | 'ours')[] = index % 2 === 0 ? ['seed', 'ours'] : ['ours', 'seed']
      for (const name of order) {
        const before = fake.calls.length
        await run(name)
        drawn[name] += fake.calls.length - before
      }
    }
    // Neither is timed before it has done everything once.
    await both(0, (name) => exercise(sides[name], origin, emptyWaits(), 'warm-up', 0))
    Object.assign(drawn, { seed: 0, ours: 0 })
    for (let index = 0; index < rounds; index += 1) {
      await both(index, (name) => exercise(sides[name], origin, waits[name], `round ${index}`, index))
    }
  } finally {
    await seed.end()
    await server.end('SIGTERM')
    await fake.close()
    origin.close()
    await removeDataDir(dataDir)
  }
  return report(waits, drawn)
}

/** All kinds of requests once, and repeats often. */
async function exercise(
  side: Side,
  origin: Origin,
  waits: Waits,
  name: string,
  index: number,
): Promise<void> {
  waits.miss.push(await side.picture(`${name}: a harbour`))
  for (let repeat = 0; repeat < repeatsPerRound; repeat += 1) {
    waits.hit.push(await side.picture(`${name}: a harbour`))
  }
  const together = Array.from({ length: atOnce }, () => side.picture(`${name}: asked for by many at once`))
  waits.collapsed.push(...(await Promise.all(together)))
  if (index >= carouselRounds) return
  origin.begin(link, index)
  const base = `${origin.url}?${encodeURIComponent(name)}`
  waits.carousel.push(await side.carousel(base))
  waits['carousel again'].push(await side.carousel(base))
}

function emptyWaits(): Waits {
  return { miss: [], hit: [], collapsed: [], carousel: [], 'carousel again': [] }
}

function seedSide(url: string): Side {
  return {
    // The redirect is followed: the reader wants the picture, not its address.
    picture: (prompt) => firstByte(`${url}picture?prompt=${encodeURIComponent(prompt)}`),
    carousel: (base) => firstByte(`${url}carousel`, { url: base }),
  }
}

function ourSide(url: string): Side {
  return {
    picture: (prompt) =>
      firstByte(`${url}/live/bench?prompt=${encodeURIComponent(prompt)}&size=1024x768&format=png`),
    carousel: (base) => firstByte(`${url}/v1/carousels`, { base: { url: base }, size: '1080x1350', slides }),
  }
}

/** Milliseconds until the head of the final answer; the body is read and dropped. */
async function firstByte(url: string, body?: object): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', prefer: 'wait=60' },
  })
  const waitedMs = performance.now() - startedMs
  if (response.status !== 200 && response.status !== 201) {
    throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  }
  await response.arrayBuffer()
  return waitedMs
}

async function startSeed(
  directory: string,
  modelUrl: string,
): Promise<{ url: string; end: () => Promise<void> }> {
  const child = spawn(process.execPath, [seedProgram, directory, modelUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const chunk of child.stdout) {
    const url = /open\s+(\S+\/)$/mu.exec(String(chunk))?.[1]
    if (url === undefined) continue
    const end = async (): Promise<void> => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    return { url, end }
  }
  throw new Error('the seed did not start')
}

function report(waits: { seed: Waits; ours: Waits }, drawn: { seed: number; ours: number }): BenchResult {
  const figures = classes.map((name) => {
    const [seed, ours] = [waits.seed[name], waits.ours[name]]
    return {
      class: name,
      n: ours.length,
      seedP50Ms: round(percentile(seed, 0.5), 1),
      oursP50Ms: round(percentile(ours, 0.5), 1),
      savedP50: round(1 - percentile(ours, 0.5) / percentile(seed, 0.5), 3),
      seedP99Ms: round(percentile(seed, 0.99), 1),
      oursP99Ms: round(percentile(ours, 0.99), 1),
      savedP99: round(1 - percentile(ours, 0.99) / percentile(seed, 0.99), 3),
    }
  })
  const sum = (all: Waits): number =>
    classes.reduce((total, name) => total + all[name].reduce((a, b) => a + b, 0), 0)
  const savedOfAll = round(1 - sum(waits.ours) / sum(waits.seed), 3)
  const percent = (share: number): string => `${round(share * 100, 1)} %`
  return {
    name: 'platform',
    method: `time to first byte over sockets, ${rounds} rounds, the same requests to both in turn; the model takes ${drawMs} ms; ${atOnce} readers at once for "collapsed"; a carousel of six slides from a photo behind 200 to 800 ms and 20 Mbit/s. Of all waiting ours saves ${percent(savedOfAll)} (the seeds claim 40 %); the model drew ${drawn.seed} pictures for the seed and ${drawn.ours} for us`,
    rows: figures.map(({ savedP50, savedP99, ...row }) => ({
      class: row.class,
      n: row.n,
      'seed P50 ms': row.seedP50Ms,
      'ours P50 ms': row.oursP50Ms,
      'saved P50': percent(savedP50),
      'seed P99 ms': row.seedP99Ms,
      'ours P99 ms': row.oursP99Ms,
      'saved P99': percent(savedP99),
    })),
    json: { classes: figures, savedOfAll, seedsClaim: 0.4, drawn, drawMs, rounds },
  }
}
