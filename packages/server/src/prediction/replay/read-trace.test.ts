import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTrace } from './read-trace.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-trace-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function read(name: string, content: string, columns = {}): ReturnType<typeof readTrace> {
  const path = join(folder, name)
  await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content)
  return readTrace(path, columns)
}

const atMs = Date.UTC(2026, 9, 10, 13, 55, 36)

describe('readTrace', () => {
  it.each([
    ['time,key,session,family,scope', `${atMs / 1000},a,s1,f,shop`],
    ['time,key,session,family,scope', `${atMs},a,s1,f,shop`],
    ['key,time,scope,family,session', 'a,2026-10-10T13:55:36Z,shop,f,s1'],
    ['key,time,scope,family,session', '"a","2026-10-10 13:55:36",shop,f,s1'],
  ])('reads a CSV with the columns %s', async (header, line) => {
    const { trace, format } = await read('a.csv', `${header}\n${line}\n`)
    expect(format).toBe('csv')
    expect(trace.event(0)).toEqual({ atMs, key: 'a', session: 's1', family: 'f', scope: 'shop' })
  })

  it('needs no more than time and key, and sorts by time', async () => {
    const { trace } = await read('a.csv.gz', `time,key\n${atMs / 1000 + 60},b\n${atMs / 1000},a\nno time,c\n`)
    expect([trace.event(0), trace.event(1)].map(({ key }) => key)).toEqual(['a', 'b'])
    expect(trace.event(0)).toEqual({ atMs, key: 'a', family: 'default', scope: 'default' })
  })

  it.each([
    ['ncsa', 'h.example - - [10/Oct/2026:13:55:36 +0000] "GET /live/shop?prompt=a HTTP/1.1" 200 2326'],
    [
      'ncsa',
      '10.0.0.1 - - [10/Oct/2026:15:55:36 +0200] "GET /live/shop?prompt=a HTTP/1.1" 304 - "-" "Agent (x)"',
    ],
    [
      'json lines',
      '{"timestamp":"2026-10-10T13:55:36.000Z","method":"GET","url":"/live/shop?prompt=a","status":200}',
    ],
    [
      'w3c',
      '#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status\n2026-10-10 13:55:36 10.0.0.1 GET /live/shop prompt=a 200',
    ],
  ])('reads a log in the form %s', async (form, text) => {
    const { trace, format } = await read('access.log', `${text}\n`)
    expect(format).toBe(form)
    expect(trace.event(0)).toMatchObject({ atMs, key: '/live/shop?prompt=a', scope: 'shop', family: 'shop' })
  })

  it('passes over what is no answered GET', async () => {
    const line = (method: string, status: number): string =>
      `h - - [10/Oct/2026:13:55:36 +0000] "${method} /a.png HTTP/1.1" ${status} 1\n`
    const { trace, skippedLines } = await read(
      'access.log',
      line('GET', 200) + line('POST', 200) + line('GET', 404),
    )
    expect([trace.count, skippedLines]).toEqual([1, 2])
  })

  it('takes other names of columns', async () => {
    const { trace } = await read('a.csv', `when,what\n${atMs},a\n`, { time: 'when', key: 'what' })
    expect(trace.event(0)).toMatchObject({ atMs, key: 'a' })
  })

  it.each(['', 'a,b\n1,2\n', 'time,key\n', '{"no":"time"}\n'])('says that %j is no log', async (text) => {
    await expect(read('a.csv', text)).rejects.toMatchObject({ name: 'TraceError' })
  })

  it('says that a file is not there', async () => {
    await expect(readTrace(join(folder, 'none.csv.gz'))).rejects.toMatchObject({ name: 'TraceError' })
  })
})
