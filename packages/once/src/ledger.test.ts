import { expect, test } from 'vitest'
import { createLedger } from './index.ts'

test('a ledger sums per kind and axis, spent and saved apart', () => {
  let nowMs = 1000
  const ledger = createLedger({ now: () => nowMs })
  ledger.record({ kind: 'fetch', axis: 'time', how: 'cached', durationMs: 80, bytes: 500, costUsd: 0.5 })
  ledger.record({ kind: 'fetch', axis: 'concurrent', how: 'ran', durationMs: 80, bytes: 500, costUsd: 0.5 })
  ledger.record({ kind: 'fetch', axis: 'concurrent', how: 'joined', durationMs: 80, bytes: 500 })
  ledger.record({ kind: 'decode', axis: 'slides', how: 'ran', durationMs: 7, failed: true })
  ledger.record({ kind: 'decode', axis: 'slides', how: 'joined', durationMs: 7, failed: true })
  nowMs = 2000
  const snapshot = ledger.snapshot()
  expect(snapshot).toMatchObject({ startedAtMs: 1000, takenAtMs: 2000 })
  expect(snapshot.rows.map(({ kind, axis }) => `${kind} ${axis}`)).toEqual([
    'decode slides',
    'fetch concurrent',
    'fetch time',
  ])
  expect(snapshot.rows[1]).toEqual({
    kind: 'fetch',
    axis: 'concurrent',
    ran: 1,
    joined: 1,
    cached: 0,
    failed: 0,
    ranMs: 80,
    savedMs: 80,
    ranBytes: 500,
    savedBytes: 500,
    ranUsd: 0.5,
    savedUsd: 0,
  })
  expect(snapshot.total).toMatchObject({ ran: 2, joined: 2, cached: 1, failed: 1, ranMs: 87, savedMs: 167 })
})

test('a snapshot is a copy', () => {
  const ledger = createLedger()
  ledger.record({ kind: 'fetch', axis: 'time', how: 'ran', durationMs: 1 })
  const before = ledger.snapshot()
  ledger.record({ kind: 'fetch', axis: 'time', how: 'ran', durationMs: 1 })
  expect(before.rows[0]?.ran).toBe(1)
  expect(ledger.snapshot().rows[0]?.ran).toBe(2)
})
