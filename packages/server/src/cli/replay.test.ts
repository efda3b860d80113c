import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seasonalEvents } from '../prediction/testing/seasonal-trace.ts'
import { main } from './main.ts'

let folder: string
let trace: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-replay-'))
  trace = join(folder, 'trace.csv')
  const lines = seasonalEvents({ days: 80, perDay: 120, seed: 1 }).map(
    ({ atMs, key, session, family, scope }) => `${atMs / 1000},${key},${session},${family},${scope}`,
  )
  await writeFile(trace, ['time,key,session,family,scope', ...lines].join('\n'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function replay(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const code = await main(['replay', ...args], {
    environment: {},
    stdout: (text) => (printed.stdout += text),
    stderr: (text) => (printed.stderr += text),
  })
  return { code, ...printed }
}

interface Report {
  policies: {
    name: string
    requests: number
    hitsByClass: Record<string, number>
    made: { made: number }
    precision: number | null
    oracleCapture: number | null
    extraGenerations: number
    p50Ms: number
  }[]
}

test('the policy beside what could be done instead, by counts that add up', async () => {
  const { code, stdout } = await replay(trace, '--json')
  expect(code).toBe(0)
  const { policies } = JSON.parse(stdout) as Report
  const byName = new Map(policies.map((row) => [row.name, row]))
  expect([...byName.keys()]).toEqual([
    'strict TTL',
    'TTL + stale',
    'infinite',
    'popularity, token bucket',
    'darkroom',
    'oracle',
  ])
  for (const { requests, hitsByClass } of policies)
    expect(Object.values(hitsByClass).reduce((sum, count) => sum + count)).toBe(requests)
  expect(byName.get('infinite')?.extraGenerations).toBe(0)
  expect(byName.get('infinite')?.made.made).toBe(0)
  expect(byName.get('oracle')).toMatchObject({ precision: 1, oracleCapture: 1 })
  const ours = byName.get('darkroom')
  expect(ours?.made.made).toBeGreaterThan(0)
  expect(ours?.oracleCapture).toBeGreaterThan(0)
  expect(ours?.oracleCapture).toBeLessThan(1)
})

test('a table for people says what was supposed', async () => {
  const { code, stdout } = await replay(trace, '--retire', 'never', '--service-time', '30s')
  expect(code).toBe(0)
  expect(stdout).toContain('all results are retired never; a generation takes 30 s')
  expect(stdout).toMatch(/^darkroom +\d/mu)
})

test.each([
  [['--retire', 'hourly'], 2],
  [['--service-time', 'soon'], 2],
  [['--budget', '200%'], 2],
  [['--columns', 'when=time'], 2],
  [['--columns', 'time=when,key=key'], 1],
])('%j ends with code %i and a reason', async (args, code) => {
  const ended = await replay(trace, ...args)
  expect(ended.code).toBe(code)
  expect(ended.stderr).not.toBe('')
})

test('a file that is not there ends with code 1', async () => {
  expect((await replay(join(folder, 'none.csv'))).code).toBe(1)
})
