import { expect, test } from 'vitest'
import { analyse } from '../analyse/analyse.ts'
import { htmlReport } from './html.ts'
import { exceededLimits, parseLimits } from './limits.ts'
import type { Report } from './report.ts'
import { terminalReport } from './terminal.ts'

const empty = analyse(new Map(), '/')
const duplicate: Report['duplicates'][number] = {
  kind: 'fetch',
  resource: 'http://a.test/<script>alert(1)</script>',
  count: 6,
  bytes: 5_000_000,
  wastedMs: 640,
  savesMs: 30,
  repeatedMs: 3900,
  criticalMs: 700,
  at: 'carousel.ts:41',
  fanOut: 'Promise.all',
  calls: ['carousel.ts:12'],
  hoist: '`loadBase()`',
  aliases: [],
}

test('the terminal says the saving first, and stays on one screen', () => {
  const text = terminalReport({ ...empty, duplicates: [duplicate] })
  expect(text).toContain(
    '6 identical downloads, 5.0 MB and 640 ms wasted: hoist `loadBase()` above the `Promise.all` at carousel.ts:41',
  )
  const many = terminalReport({ ...empty, duplicates: Array.from({ length: 50 }, () => duplicate) })
  expect(many.split('\n').length).toBeLessThan(20)
  expect(many).toContain('and 45 more')
  expect(terminalReport(empty)).toContain('no shared work was repeated')
})

test('the page escapes what programs choose, runs no script and loads nothing', () => {
  const finding = { list: 'duplicates', index: 0 } as const
  const bar = {
    kind: 'fetch',
    resource: duplicate.resource,
    startMs: 0,
    endMs: 9,
    at: 'a:1',
    process: '1-0',
    finding,
  }
  const html = htmlReport({ ...empty, duplicates: [duplicate], timeline: [bar] }, 'node "<b>.js"')
  expect(html).not.toMatch(/<script|<b>|<img|<link|javascript:|\bon\w+="/u)
  expect(html).toContain('&lt;script&gt;')
  expect(html).toContain(`default-src 'none'; style-src 'sha256-`)
  expect(html).toContain('class="duplicates"')
})

test('limits are read, and told of when exceeded', () => {
  expect(parseLimits('duplicates=0, outputs=2')).toEqual({ duplicates: 0, outputs: 2 })
  expect(exceededLimits({ ...empty, duplicates: [duplicate] }, { duplicates: 0, outputs: 0 })).toEqual([
    'duplicates: 1, and 0 allowed',
  ])
  expect(exceededLimits({ ...empty, duplicates: [duplicate] }, { duplicates: 1 })).toEqual([])
  for (const wrong of ['', 'duplicates', 'duplicates=-1', 'fanOuts=0', 'toString=0'])
    expect(() => parseLimits(wrong)).toThrow(RangeError)
})
