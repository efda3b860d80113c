import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { command } from './support/access-platform.ts'
import {
  bodyHash,
  makeDataDir,
  stopDatabase,
  removeDataDir,
  startServer,
  until,
} from './support/server-process.ts'

const dataDirs: string[] = []

afterEach(async () => {
  for (const dataDir of dataDirs.splice(0)) await removeDataDir(dataDir)
})

async function newDataDir(): Promise<string> {
  const dataDir = await makeDataDir()
  dataDirs.push(dataDir)
  return dataDir
}

describe('an export', () => {
  test('is imported elsewhere: pictures, keys, addresses, and work that had not ended', async () => {
    const [from, to] = [await newDataDir(), await newDataDir()]
    await using fake = await startOpenAIFake()
    const environment = {
      DARKROOM_AUTH: 'on',
      DARKROOM_MODELS: 'default=openai:any',
      DARKROOM_WORKER_CONCURRENCY: '1',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
      // As a deployment has it: one store, one secret.
      DARKROOM_STORAGE: `file:${join(from, 'objects')}`,
      DARKROOM_SECRET: 'a secret of at least thirty-two characters',
    }
    const before = await startServer({ dataDir: from, environment })
    const { stdout } = await command(['keys', 'create', '--admin'], { ...environment, DARKROOM_DATA: from })
    const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' }
    const live = '/live/demo?prompt=a+harbour&size=256x192&format=jpeg'
    const made = await fetch(`${before.url}${live}`, { headers })
    expect(made.status).toBe(200)
    const image = `/images/${made.headers.get('x-image-id')}`
    const hashes = await Promise.all([
      bodyHash(made),
      bodyHash(await fetch(`${before.url}${image}`, { headers })),
    ])
    // One that runs and three that wait while the export is made.
    const release = fake.hold()
    const accepted = await Promise.all(
      ['one', 'two', 'three', 'four'].map(async (prompt) => {
        const answer = await fetch(`${before.url}/v1/generations`, {
          method: 'POST',
          headers: { ...headers, prefer: 'respond-async', 'idempotency-key': prompt },
          body: JSON.stringify({ prompt, size: '64x64', tags: ['moved'] }),
        })
        return ((await answer.json()) as { id: string }).id
      }),
    )
    await fake.waitForCalls(2)
    const file = join(from, 'darkroom.jsonl.gz')
    const exported = await command(['export', file, '--json'], { ...environment, DARKROOM_DATA: from })
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(exported.stdout)).toMatchObject({ file, tables: { requests: 5, access_keys: 1 } })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await before.end('SIGKILL')
    release()
    await stopDatabase(from)

    const imported = await command(['import', file, '--json'], { ...environment, DARKROOM_DATA: to })
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    const { tables } = JSON.parse(exported.stdout) as { tables: Record<string, number> }
    expect(JSON.parse(imported.stdout)).toMatchObject({ tables, queued: 4 })
    const after = await startServer({ dataDir: to, environment })
    try {
      const again = await fetch(`${after.url}${live}`, { headers })
      expect([
        await bodyHash(again),
        await bodyHash(await fetch(`${after.url}${image}`, { headers })),
      ]).toEqual(hashes)
      const records = await Promise.all(
        accepted.map((id) =>
          until(async () => {
            const answer = await fetch(`${after.url}/v1/generations/${id}`, { headers })
            const record = (await answer.json()) as { status: string }
            return record.status === 'stored' ? record : undefined
          }),
        ),
      )
      expect(records).toHaveLength(4)
      // The first picture, the run that was killed, and each of the four once.
      expect(fake.calls).toHaveLength(6)
      // Numbers go on, and a key that was used before is answered as before.
      const repeated = await fetch(`${after.url}/v1/generations`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': 'one' },
        body: JSON.stringify({ prompt: 'one', size: '64x64', tags: ['moved'] }),
      })
      expect(((await repeated.json()) as { id: string }).id).toBe(accepted[0])
      const fresh = await fetch(`${after.url}/live/demo?prompt=new&size=64x64`, { headers })
      expect(fresh.status).toBe(200)
    } finally {
      await after.end('SIGTERM')
    }
    const second = await command(['import', file], { ...environment, DARKROOM_DATA: to })
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('The database is not empty')
  })

  test('that is cut off, altered, of a newer release or none at all is refused, and nothing of it stays', async () => {
    const [from, to] = [await newDataDir(), await newDataDir()]
    const environment = { DARKROOM_DATA: from }
    const server = await startServer({ dataDir: from })
    expect((await fetch(`${server.url}/live/demo?prompt=a+harbour&size=64x64`)).status).toBe(200)
    // What was measured is written a while later: not between two exports that are to be equal.
    await server.end('SIGTERM')
    const file = join(from, 'export.jsonl')
    expect((await command(['export', '-o', file], environment)).code).toBe(0)
    expect((await command(['export', file], environment)).code).toBe(1)
    const printed = await command(['export'], environment)
    const text = await readFile(file, 'utf8')
    const rowsOf = (whole: string): string[] => whole.split('\n').slice(1)
    expect(rowsOf(printed.stdout)).toEqual(rowsOf(text))
    const lines = text.trimEnd().split('\n')
    const broken: Record<string, string> = {
      'This is no export': '{"some":"json"}\n',
      'its end is missing': lines.slice(0, -1).join('\n'),
      'is damaged: images has 0 rows of 1': lines
        // The ledger has rows of this kind too.
        .filter((line) => line.includes('"axis"') || !line.includes('"kind":"generation"'))
        .join('\n'),
      'is of a newer Darkroom': text.replace(/"migration":"[^"]+"/u, '"migration":"9999-later"'),
      'has the form 2': text.replace('"version":1', '"version":2'),
      'refuses its rows': text.replace('"status":"stored"', '"status":"unheard of"'),
    }
    for (const [reason, content] of Object.entries(broken)) {
      const path = join(to, 'broken.jsonl')
      await writeFile(path, content)
      const refused = await command(['import', path], { DARKROOM_DATA: to })
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain(reason)
    }
    // Nothing of all that was kept.
    expect(await command(['import', file], { DARKROOM_DATA: to })).toMatchObject({ code: 0, stderr: '' })
  })
})
