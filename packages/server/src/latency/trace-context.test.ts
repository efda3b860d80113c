import { expect, test } from 'vitest'
import { parseTraceparent, randomHex, traceparentOf } from './trace-context.ts'

const text = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('reads and writes traceparent', () => {
  const context = parseTraceparent(text)
  expect(context).toEqual({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    sampled: true,
  })
  expect(context && traceparentOf(context)).toBe(text)
  expect(parseTraceparent(text.replace(/01$/u, '00'))?.sampled).toBe(false)
})

test('a later version may say more; version 00 may not', () => {
  expect(parseTraceparent(`${text.replace(/^00/u, '01')}-what`)).toBeDefined()
  expect(parseTraceparent(`${text}-what`)).toBeUndefined()
})

test.each([
  null,
  '',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  "00-4bf92f3577b34da6a3ce929d0e0e4736'; drop table-01",
])('goes on without %j', (wrong) => {
  expect(parseTraceparent(wrong)).toBeUndefined()
})

test('ids are random hexadecimal digits', () => {
  const ids = new Set(Array.from({ length: 100 }, () => randomHex(8)))
  expect(ids.size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/u)
})
