import { pino } from 'pino'
import { createPlatform, parseConfig } from '@darkroom/server'
import type { Recorder } from '../packages/server/src/latency/recorder.ts'
import { noRecorder } from '../packages/server/src/latency/recorder.ts'
import { makeDataDir, removeDataDir } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const pairs = 400
const hitsPerBlock = 80

/**
 * What measuring costs a hit: the same requests to the same handler in one process, blocks with all measuring on and
 * off in turn (stages, histograms, ledger, exemplars; `Server-Timing` too, which is empty when off).
 */
export async function measuringBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const measuring = { isOn: true }
  const platform = await createPlatform({
    config: parseConfig({ DARKROOM_DATA: dataDir }),
    log: pino({ level: 'silent' }),
    recorder: (own) => switched(own, measuring),
  })
  try {
    const url = 'http://127.0.0.1/live/bench?prompt=a+red+sailboat+at+sunset&size=1024x768&format=jpeg'
    const hit = async (): Promise<void> => {
      const response = await platform.fetch(new Request(url))
      if (response.status !== 200) throw new Error(`the server answered ${response.status}`)
      await response.arrayBuffer()
    }
    const block = async (isOn: boolean): Promise<number> => {
      measuring.isOn = isOn
      const before = process.cpuUsage()
      for (let index = 0; index < hitsPerBlock; index += 1) await hit()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / hitsPerBlock
    }
    for (let index = 0; index < 60; index += 1) await block(index % 2 === 0)
    const on: number[] = []
    const off: number[] = []
    for (let index = 0; index < pairs; index += 1) {
      // First on and first off in turn: what a block leaves behind falls on both.
      const isFirstOn = index % 2 === 0
      const first = await block(isFirstOn)
      const second = await block(!isFirstOn)
      on.push(isFirstOn ? first : second)
      off.push(isFirstOn ? second : first)
    }
    const overhead = on.map((value, index) => value / (off[index] ?? Number.NaN) - 1)
    const row = {
      'hit, measuring off, CPU µs': round(percentile(off, 0.5)),
      'hit, measuring on, CPU µs': round(percentile(on, 0.5)),
      'overhead %': round(percentile(overhead, 0.5) * 100),
      'overhead of undisturbed blocks %': round((percentile(on, 0.1) / percentile(off, 0.1) - 1) * 100),
      'quarter of the pairs below %': round(percentile(overhead, 0.25) * 100),
      'quarter above %': round(percentile(overhead, 0.75) * 100),
    }
    return {
      name: 'measuring',
      method: `hits of /live in process, ${pairs} pairs of blocks of ${hitsPerBlock}, on and off in turn; processor time of the process, since others share the machine; the overhead is the median of the pairs' ratios, and beside it that of the tenths of the blocks that took least`,
      rows: [row],
    }
  } finally {
    await platform.close()
    await removeDataDir(dataDir)
  }
}

function switched(own: Recorder, measuring: { isOn: boolean }): Recorder {
  const now = (): Recorder => (measuring.isOn ? own : noRecorder)
  return {
    now: () => now().now(),
    stages: () => now().stages(),
    record: (labels, stages, totalMs, exemplar) => now().record(labels, stages, totalMs, exemplar),
    ledger: {
      record: (entry) => now().ledger.record(entry),
      rerun: (kind) => now().ledger.rerun(kind),
    },
    tracer: undefined,
  }
}
