import { describe, expect, test } from 'vitest'
import type { Frame, OperationEvent, ProbeEvent } from '../probe/events.ts'
import type { Report } from '../report/report.ts'
import { analyse } from './analyse.ts'
import { waves } from './resources.ts'

const frame = (name: string, line: number): Frame => ({ name, file: '/app/main.ts', line, column: 1 })
const joined: Frame = { name: '', file: '', line: 0, column: 0, joins: 'all' }

/** Stack 1: called in a branch before the fan-out was. Stack 2: in a branch later. Stack 3: the fan-out. */
const stacks: ProbeEvent[] = [
  { type: 'process', pid: 1, parentPid: 0, thread: 0, at: 0, node: 'v24', script: 'main.ts', poolSize: 4 },
  { type: 'stack', id: 1, frames: [frame('loadBase', 3), frame('render', 7), frame('main', 11)] },
  { type: 'stack', id: 2, frames: [frame('loadBase', 3), frame('render', 7), joined, frame('main', 11)] },
  { type: 'stack', id: 3, frames: [frame('main', 11)] },
  { type: 'fanOut', id: 1, joins: 'all', branches: 2, start: 10.5, stack: 3, outer: [], tick: 1, root: '' },
  { type: 'settled', fanOut: 1, end: 1000 },
]

let ids = 10

function operation(change: Partial<OperationEvent>): OperationEvent {
  ids += 1
  return {
    type: 'operation',
    id: ids,
    kind: 'read',
    start: 10,
    end: 110,
    stack: 1,
    branches: [],
    tick: 1,
    root: '',
    key: 'k',
    resource: '/data/photo',
    complete: true,
    bytes: 100_000,
    hash: 'h',
    ...change,
  }
}

function fetched(
  change: Partial<OperationEvent> & {
    status?: number
    method?: string
    headersKey?: string
    busted?: boolean
  } = {},
): OperationEvent {
  const { status = 200, method = 'GET', headersKey = '', busted = false, ...rest } = change
  const http = {
    method,
    origin: 'http://a.test',
    status,
    queuedMs: 0,
    firstByteMs: 10,
    headersKey,
    retryAfter: false,
    busted,
  }
  return operation({ kind: 'fetch', resource: 'http://a.test/photo', http, ...rest })
}

function report(...events: ProbeEvent[]): Report {
  return analyse(new Map([['1-0', [...stacks, ...events]]]), '/app')
}

describe('duplicates', () => {
  test('of a library, of whose callers nothing is known, name the library and none of its functions', () => {
    const inside: Frame = { name: '_send', file: '/app/node_modules/@a/got/core.js', line: 5, column: 1 }
    const stack: ProbeEvent = { type: 'stack', id: 9, frames: [inside] }
    const { duplicates } = report(stack, fetched({ stack: 9 }), fetched({ stack: 9 }), fetched({ stack: 9 }))
    expect(duplicates).toMatchObject([{ count: 3, hoist: 'the fetch by @a/got' }])
  })

  test('are told with the fan-out, the call, what to hoist, and what it cost', () => {
    const { duplicates } = report(fetched(), fetched(), fetched())
    expect(duplicates).toEqual([
      {
        kind: 'fetch',
        resource: 'http://a.test/photo',
        count: 3,
        bytes: 200_000,
        // 10 ms to the first byte, and a third of the 90 ms in which the three shared the line.
        wastedMs: 60,
        savesMs: 0,
        repeatedMs: 200,
        criticalMs: 100,
        at: 'main.ts:11',
        fanOut: 'Promise.all',
        calls: ['main.ts:3'],
        hoist: '`loadBase()`',
        aliases: [],
      },
    ])
  })

  test('in different branches need not overlap', () => {
    const first = fetched({ stack: 2, branches: [0], tick: 2, start: 20, end: 50 })
    const second = fetched({ stack: 2, branches: [1], tick: 3, start: 60, end: 90 })
    expect(report(first, second).duplicates).toMatchObject([{ count: 2, savesMs: 30 }])
  })

  test.each<[string, OperationEvent[]]>([
    [
      'a repeat in the same branch',
      [
        fetched({ stack: 2, branches: [0], tick: 2, end: 50 }),
        fetched({ stack: 2, branches: [0], tick: 3, start: 60 }),
      ],
    ],
    [
      'a repeat without a fan-out',
      [fetched({ stack: 0, tick: 5, end: 50 }), fetched({ stack: 0, tick: 6, start: 60 })],
    ],
    ['a POST', [fetched({ method: 'POST' }), fetched({ method: 'POST' })]],
    ['other headers', [fetched({ headersKey: 'ann' }), fetched({ headersKey: 'bob' })]],
    ['other bytes', [fetched({ hash: 'a' }), fetched({ hash: 'b' })]],
    ['unknown bytes', [fetched({ hash: '' }), fetched({ hash: '' })]],
    ['a failure and its retry', [fetched({ status: 503 }), fetched()]],
    ['answers that nothing is new', [fetched({ status: 304, bytes: 0 }), fetched({ status: 304, bytes: 0 })]],
    ['halves', [fetched({ complete: false }), fetched({ complete: false })]],
    ['two firings of a timer', [fetched({ root: 'interval 1' }), fetched({ root: 'interval 2' })]],
    ['cache busters', [fetched({ key: 'a', busted: true }), fetched({ key: 'b', busted: true })]],
    ['small equal answers of two URLs', [fetched({ key: 'a', bytes: 11 }), fetched({ key: 'b', bytes: 11 })]],
    ['small files', [operation({ bytes: 200 }), operation({ bytes: 200 })]],
    [
      'a write in between',
      [
        operation({ end: 20 }),
        operation({ kind: 'write', mode: 'overwrite', start: 21, end: 22 }),
        operation({ start: 23 }),
      ],
    ],
  ])('are not %s', (_, operations) => {
    expect(report(...operations).duplicates).toEqual([])
  })

  test('of different URLs name the others', () => {
    const { duplicates } = report(
      fetched({ key: 'a' }),
      fetched({ key: 'b', resource: 'http://a.test/twin' }),
    )
    expect(duplicates).toMatchObject([{ count: 2, aliases: ['http://a.test/twin'] }])
  })
})

describe('outputs', () => {
  const write = (change: Partial<OperationEvent>): OperationEvent =>
    operation({ kind: 'write', mode: 'overwrite', stack: 2, tick: 2, ...change })

  test('that overlap', () => {
    expect(report(write({ hash: 'a' }), write({ hash: 'a' })).outputs).toMatchObject([
      { kind: 'write-write', count: 2 },
    ])
    expect(report(write({}), operation({ start: 50 })).outputs).toMatchObject([
      { kind: 'read-write', count: 2 },
    ])
  })

  test('of two branches, one after the other, where the later had not read', () => {
    const first = write({ branches: [0], start: 20, end: 30, hash: 'a' })
    const second = write({ branches: [1], start: 40, end: 50, hash: 'b' })
    expect(report(first, second).outputs).toMatchObject([{ kind: 'write-write' }])
    const readBefore = operation({ stack: 2, branches: [1], tick: 3, start: 31, end: 35 })
    expect(report(first, readBefore, second).outputs).toEqual([])
  })

  test.each(['append', 'replace'] as const)('are not to %s', (mode) => {
    expect(report(write({ mode }), write({ mode })).outputs).toEqual([])
  })
})

describe('waterfalls', () => {
  const outer = (id: number, line: number): ProbeEvent => ({
    type: 'stack',
    id,
    frames: [frame('get', 2), frame('page', line)],
  })
  const first = fetched({ id: 100, stack: 4, tick: 5, start: 2000, end: 2100, resource: 'http://a.test/one' })
  const after = (change: Partial<OperationEvent>): OperationEvent =>
    fetched({
      stack: 5,
      tick: 6,
      start: 2101,
      end: 2200,
      resource: 'http://a.test/two',
      independentOf: [100],
      ...change,
    })

  test('are two lines of one function of which the later uses nothing of the earlier', () => {
    const { waterfalls } = report(outer(4, 20), outer(5, 21), first, after({}))
    expect(waterfalls).toMatchObject([{ count: 2, at: 'main.ts:21', savesMs: 99 }])
  })

  test.each<[string, Partial<OperationEvent>]>([
    ['uses the answer', { independentOf: [] }],
    ['came later for another reason', { start: 2150, end: 2250 }],
    ['is another page of a list', { resource: 'http://a.test/one?page=2' }],
    ['is a repeat of one line', { stack: 4 }],
  ])('are not where the later %s', (_, change) => {
    expect(report(outer(4, 20), outer(5, 21), first, after(change)).waterfalls).toEqual([])
  })
})

test.each([
  [[60, 120, 180, 240, 300, 360], 1],
  [[100, 102, 200, 203, 301, 299], 2],
  [[60, 61, 62, 63, 64, 65], undefined],
  [[20, 35, 90, 300, 310, 900], undefined],
  [[50, 50, 100, 100], undefined],
])('times %j are of a server that answers %s at once', (durations, served) => {
  expect(waves(durations.toSorted((a, b) => a - b))).toBe(served)
})

test('an empty run gives an empty report', () => {
  const { duplicates, outputs, resources, waterfalls, timeline } = analyse(new Map(), '/')
  expect([duplicates, outputs, resources, waterfalls, timeline]).toEqual([[], [], [], [], []])
})
