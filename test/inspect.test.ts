import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProgramOptions, WatchedEnd } from './inspect/run-program.ts'
import { runPlain, runWatched } from './inspect/run-program.ts'

const programs = join(import.meta.dirname, 'inspect/programs')

let folder: string
let origin: ChildProcess
let environment: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspect-programs-'))
  origin = spawn(process.execPath, [join(import.meta.dirname, 'inspect/programs/origin.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(origin.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const picture = { width: 600, height: 600, channels: 3, background: '#357' } as const
  environment = {
    ORIGIN: line.toString().trim(),
    OUT: join(folder, 'out'),
    PHOTO: join(folder, 'photo.bin'),
    PICTURE: join(folder, 'picture.png'),
  }
  await writeFile(join(folder, 'photo.bin'), Buffer.alloc(300_000, 'photo'))
  await sharp({ create: picture }).png().toFile(join(folder, 'picture.png'))
})

afterAll(async () => {
  origin.kill()
  await rm(folder, { recursive: true, force: true })
})

function watch(program: string, options: ProgramOptions = {}): Promise<WatchedEnd> {
  return runWatched(program, { ...options, environment: { ...environment, ...options.environment } })
}

/** The machine's own Node, where it is another one than runs the tests. */
function otherNode(): string | undefined {
  const found = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path))
  if (found === undefined) return undefined
  const version = execFileSync(found, ['--version']).toString().trim()
  return version !== process.version && /^v2[0-9]\./u.test(version) ? found : undefined
}

const planted: readonly [string, object][] = [
  [
    'six-downloads.mjs',
    { kind: 'fetch', count: 6, bytes: 1_000_000, at: 'six-downloads.mjs:10', hoist: '`loadBase()`' },
  ],
  ['six-downloads.cjs', { kind: 'fetch', count: 6, bytes: 1_000_000 }],
  ['same-bytes.mjs', { kind: 'fetch', count: 2, bytes: 200_000 }],
  ['pool.mjs', { kind: 'fetch', count: 6 }],
  ['limiter.mjs', { kind: 'fetch', count: 6, hoist: '`download()`' }],
  ['decodes.mjs', { kind: 'decode', count: 3 }],
  ['threads.mjs', { kind: 'fetch', count: 3, fanOut: 'new Worker' }],
  ['children.mjs', { kind: 'fetch', count: 2, fanOut: 'spawn' }],
  ['redirects.mjs', { kind: 'fetch', count: 3 }],
]

describe('finds inputs that are brought several times', () => {
  test.each(planted)('%s', async (program, duplicate) => {
    const { report, code, stderr } = await watch(program)
    expect(code).toBe(0)
    expect(report.duplicates).toMatchObject([duplicate])
    expect(stderr).toContain('wasted: hoist')
  })

  test('and names lines of TypeScript as they stand in the source', async () => {
    const { report } = await watch('types.ts')
    expect(report.duplicates).toMatchObject([{ kind: 'fetch', count: 3, hoist: '`loadBase()`' }])
    expect(report.duplicates[0]?.calls).toEqual(['types.ts:5'])
  })

  test('and of what ts-node compiles', async () => {
    const { report } = await watch('like-ts-node.cjs')
    expect(report.duplicates).toMatchObject([{ count: 3, hoist: '`loadBase()`', calls: ['common.ts:8'] }])
  })

  test.each([true, 'inline', false] as const)('and of a bundle, with its map %s', async (sourcemap) => {
    const bundle = await rolldown({ input: join(programs, 'types.ts'), platform: 'node', logLevel: 'silent' })
    const file = join(folder, `bundle-${sourcemap}.mjs`)
    await bundle.write({ file, sourcemap })
    await bundle.close()
    const { report } = await watch(file)
    expect(report.duplicates).toMatchObject([{ count: 3, hoist: '`loadBase()`' }])
    const [call] = report.duplicates[0]?.calls ?? []
    if (sourcemap === false) expect(call).toMatch(/bundle-false\.mjs:\d+$/u)
    else expect(call).toBe('types.ts:5')
  })

  test('files, read as promises, synchronously and as streams', async () => {
    const { report } = await watch('reads.mjs')
    const found = report.duplicates.map(({ kind, count, bytes }) => ({ kind, count, bytes }))
    expect(found).toEqual(Array.from({ length: 3 }, () => ({ kind: 'read', count: 3, bytes: 600_000 })))
  })

  test('with Node 20', async ({ skip }) => {
    const node = otherNode()
    if (node === undefined) {
      skip('there is no other Node on this machine')
      return
    }
    for (const program of ['six-downloads.mjs', 'six-downloads.cjs', 'threads.mjs']) {
      const { report } = await watch(program, { node })
      expect([program, report.duplicates.length]).toEqual([program, 1])
    }
    const { report } = await watch('clean.mjs', { node })
    expect({ ...report, fanOuts: [], totals: {}, timeline: [] }).toEqual(nothing)
  })
})

const nothing = {
  duplicates: [],
  outputs: [],
  resources: [],
  waterfalls: [],
  fanOuts: [],
  totals: {},
  timeline: [],
}

describe('finds what branches do to one another', () => {
  test.each(['write-race.mjs', 'lost-update.mjs'])('%s', async (program) => {
    const { report } = await watch(program)
    expect(report.outputs).toMatchObject([{ kind: 'write-write', resource: environment['OUT'] }])
  })

  test.each([
    ['rate-limit.mjs', { kind: 'rate-limit', count: 3 }],
    ['connections.cjs', { kind: 'connections', helpsUpTo: 2 }],
    ['pool-threads.mjs', { kind: 'thread-pool', helpsUpTo: 4 }],
    ['blocked.mjs', { kind: 'event-loop', count: 4 }],
  ])('%s', async (program, resource) => {
    expect((await watch(program)).report.resources).toMatchObject([resource])
  })

  test.each([
    ['waterfall.mjs', 2],
    ['waterfall-loop.mjs', 4],
  ])('%s', async (program, count) => {
    expect((await watch(program)).report.waterfalls).toMatchObject([{ count }])
  })
})

describe('is silent', () => {
  test('on polling, posts, fresh answers, retries, logs and branches that take turns', async () => {
    const { report } = await watch('clean.mjs')
    expect({ ...report, fanOuts: [], totals: {}, timeline: [] }).toEqual(nothing)
  })

  test('on a pool that works through different pages', async () => {
    const { report } = await watch('crawl.mjs')
    expect({ ...report, fanOuts: [], totals: {}, timeline: [] }).toEqual(nothing)
    expect(report.totals.fetches).toBe(80)
  })

  test.each(['abort.mjs', 'cluster.mjs'])('on %s', async (program) => {
    const { report, stdout, code } = await watch(program)
    expect(report.duplicates).toEqual([])
    expect(stdout.length).toBeGreaterThan(0)
    expect(code).toBe(0)
  })
})

describe('changes nothing of the program', () => {
  test.each(['crash.mjs', 'leaves.mjs', 'unhandled.mjs'])(
    '%s ends and prints as without',
    async (program) => {
      const plain = await runPlain(program, { environment })
      const { stdout, stderr, code, report } = await watch(program)
      expect([code, stdout.toString()]).toEqual([plain.code, plain.stdout.toString()])
      expect(stderr.startsWith(plain.stderr)).toBe(true)
      expect(report.duplicates).toHaveLength(program === 'unhandled.mjs' ? 0 : 1)
    },
  )

  test('bytes of standard input and output pass as they are', async () => {
    const stdin = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 256))
    const plain = await runPlain('binary.mjs', { stdin })
    const { stdout } = await watch('binary.mjs', { stdin })
    expect(stdout.equals(plain.stdout)).toBe(true)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a program that never ends is reported on after %s',
    async (signal) => {
      let isSent = false
      const onPrint: ProgramOptions['onPrint'] = (text, kill) => {
        if (!text.includes('still here') || isSent) return
        isSent = true
        kill(signal)
      }
      const end = await watch('never-ends.mjs', { onPrint })
      expect(end.signal).toBe(signal)
      expect(end.report.duplicates).toMatchObject([{ count: 6 }])
    },
  )

  test('thousands of requests are within bounds', async () => {
    const { report, stdout } = await watch('many.cjs', { environment: { COUNT: '5000' } })
    expect(stdout.toString()).toBe('5000\n')
    expect(report.duplicates).toEqual([])
    // Each is looked at or counted, and none twice.
    expect(report.totals.fetches + report.totals.unwatched).toBe(5000)
    expect(report.timeline.length).toBeLessThanOrEqual(400)
  })
})

describe('the command', () => {
  test('--fail-on makes an exit code of what was found, and prints no secret', async () => {
    const { code, stderr, report } = await watch('six-downloads.mjs', {
      options: ['--fail-on', 'duplicates=0'],
    })
    expect(code).toBe(1)
    expect(stderr).toContain('--fail-on: duplicates: 1, and 0 allowed')
    expect(`${stderr}${JSON.stringify(report)}`).not.toContain('s3cr3t')
    const allowed = await watch('six-downloads.mjs', { options: ['--fail-on', 'duplicates=1,outputs=0'] })
    expect(allowed.code).toBe(0)
  })

  test('keeps the code of a program that fails, whatever was found', async () => {
    expect((await watch('leaves.mjs', { options: ['--fail-on', 'duplicates=0'] })).code).toBe(7)
  })
})
