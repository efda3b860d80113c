import { readFile } from 'node:fs/promises'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { round } from './result.ts'

const queueLimit = 100
const drawMs = 200
const concurrency = 2
/** What two slots that take 200 ms each can draw. */
const capacityPerS = (1000 / drawMs) * concurrency
const overload = 10
const phaseS = 10
const phases = 8

/**
 * Ten times as many new pictures as can be drawn, asked for by one scope for more than a minute: what is accepted, what is
 * refused, when the refused are told to come back, and the memory of our process.
 */
export async function overloadBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const fake = await startOpenAIFake({ delayMs: drawMs })
  const server = await startServer({
    dataDir,
    environment: {
      DARKROOM_QUEUE_LIMIT: String(queueLimit),
      DARKROOM_WORKER_CONCURRENCY: String(concurrency),
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    },
  })
  const rows: Record<string, string | number>[] = []
  try {
    rows.push({ phase: 'before', ...emptyCounts(), 'RSS MB': await rssMb(server.pid) })
    for (let phase = 1; phase <= phases; phase += 1) {
      const before = fake.calls.length
      const counts = await askFor(server.url, phase)
      rows.push({
        phase: `${(phase - 1) * phaseS} to ${phase * phaseS} s`,
        ...counts,
        drawn: fake.calls.length - before,
        'RSS MB': await rssMb(server.pid),
      })
    }
  } finally {
    await server.end('SIGKILL')
    await (await startServer({ dataDir })).end('SIGTERM')
    await fake.close()
    await removeDataDir(dataDir)
  }
  return {
    name: 'overload',
    method: `${capacityPerS * overload} requests a second for new pictures, ${capacityPerS} of which can be drawn; at most ${queueLimit} queued`,
    rows,
  }
}

interface Counts {
  accepted: number
  refused: number
  drawn: number
  'Retry-After s, median': number
}

function emptyCounts(): Counts {
  return { accepted: 0, refused: 0, drawn: 0, 'Retry-After s, median': 0 }
}

async function askFor(url: string, phase: number): Promise<Counts> {
  const counts = emptyCounts()
  const waits: number[] = []
  const everyMs = 1000 / (capacityPerS * overload)
  const startedAt = performance.now()
  const asked: Promise<void>[] = []
  for (let number = 0; number < capacityPerS * overload * phaseS; number += 1) {
    // By the clock and not by the answers: an overload does not wait.
    const dueMs = number * everyMs - (performance.now() - startedAt)
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
    asked.push(
      ask(url, `overload ${phase} ${number}`).then((retryAfterS) => {
        if (retryAfterS === undefined) counts.accepted += 1
        else waits.push(retryAfterS)
      }),
    )
  }
  await Promise.all(asked)
  const sorted = waits.toSorted((a, b) => a - b)
  return {
    ...counts,
    refused: waits.length,
    'Retry-After s, median': sorted[Math.floor(sorted.length / 2)] ?? 0,
  }
}

/** @returns `undefined` when it was accepted */
async function ask(url: string, prompt: string): Promise<number | undefined> {
  const response = await fetch(`${url}/v1/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ prompt, size: '64x64' }),
  })
  await response.arrayBuffer()
  if (response.status === 202) return undefined
  if (response.status === 429) return Number(response.headers.get('retry-after'))
  throw new Error(`${response.status}`)
}

async function rssMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  return round(Number(/^VmRSS:\s+(\d+) kB/mu.exec(text)?.[1] ?? 0) / 1024)
}
