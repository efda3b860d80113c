import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LivingWorkers, LocalWorkers } from './local-workers.ts'
import { createLocalWorkers } from './local-workers.ts'

let folder: string
let workers: LocalWorkers | undefined
let nowMs: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-local-workers-'))
  nowMs = Date.now()
})
afterEach(async () => {
  await workers?.close()
  await rm(folder, { recursive: true })
})

/** A worker that writes its number into the folder, and takes it out when it has ended by SIGTERM. */
async function start(program: string): Promise<LocalWorkers> {
  const file = join(folder, 'worker.mjs')
  await writeFile(file, program)
  workers = createLocalWorkers({
    command: [process.execPath, file],
    environment: { FOLDER: folder },
    now: () => nowMs,
    log: pino({ level: 'silent' }),
  })
  return workers
}

const obedient = `
  import { rmSync, writeFileSync } from 'node:fs'
  const own = process.env.FOLDER + '/' + process.pid + '.pid'
  writeFileSync(own, '')
  const life = setInterval(() => {}, 1000)
  process.on('SIGTERM', () => { rmSync(own); clearInterval(life) })
`

const nameOf = (pid: string): string => `${hostname()}:${pid}`

/** One worker that is at work, or none. */
function living(busy?: string): LivingWorkers {
  const names = new Set(busy === undefined ? [] : [nameOf(busy)])
  return { names, busyNames: names }
}

async function pids(count: number): Promise<string[]> {
  for (;;) {
    const found = (await readdir(folder))
      .filter((name) => name.endsWith('.pid'))
      .map((name) => name.slice(0, -4))
    if (found.length === count) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('as many run as are wanted; of surplus ones those end that have nothing to do', async () => {
  const local = await start(obedient)
  local.scale(3, living())
  const [busy = '', ...others] = await pids(3)
  local.scale(2, living(busy))
  expect(await pids(2)).toContain(busy)
  // All but the one at work would have to go: it stays, for as long as it takes.
  local.scale(0, living(busy))
  expect(await pids(1)).toEqual([busy])
  expect(local.running).toBe(1)
  local.scale(0, living())
  expect(await pids(0)).toEqual([])
  expect(others).toHaveLength(2)
})

test('a worker that has gone by itself is replaced, but not at once', async () => {
  const local = await start(obedient)
  local.scale(1, living())
  const [first = ''] = await pids(1)
  process.kill(Number(first), 'SIGKILL')
  while (local.running > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  local.scale(1, living())
  expect(local.running).toBe(0)
  nowMs += 5000
  local.scale(1, living())
  expect(local.running).toBe(1)
  expect(await pids(2)).toContain(first)
})

test('closing waits for what they run', async () => {
  const local = await start(obedient)
  local.scale(2, living())
  await pids(2)
  await local.close()
  expect(await pids(0)).toEqual([])
  local.scale(2, living())
  expect(local.running).toBe(0)
})

test('workers that others have started count: they are not started twice', async () => {
  const local = await start(obedient)
  const elsewhere = { names: new Set(['elsewhere:1', 'elsewhere:2']), busyNames: new Set<string>() }
  local.scale(3, elsewhere)
  const [own = ''] = await pids(1)
  // Its own row makes it no second one.
  local.scale(3, { ...elsewhere, names: new Set([...elsewhere.names, nameOf(own)]) })
  expect(local.running).toBe(1)
  local.scale(2, elsewhere)
  expect(await pids(0)).toEqual([])
})
