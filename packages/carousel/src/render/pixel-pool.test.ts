import { expect, test } from 'vitest'
import { createPixelPool } from './pixel-pool.ts'

test('hands a buffer out again once it was given back, and only then', () => {
  const pool = createPixelPool(100)
  const first = pool.take(40)
  expect(pool.take(40)).not.toBe(first)
  pool.give(first)
  expect(pool.take(30)).toHaveLength(30)
  expect(pool.take(40)).toBe(first)
  expect(pool.take(40)).not.toBe(first)
})

test('keeps no more than its bound, the newest', () => {
  const pool = createPixelPool(100)
  const buffers = [60, 30, 40].map((bytes) => pool.take(bytes))
  for (const buffer of buffers) pool.give(buffer)
  expect(pool.freeBytes).toBe(70)
  expect(pool.take(60)).not.toBe(buffers[0])
  expect(pool.take(30)).toBe(buffers[1])
  const huge = pool.take(101)
  pool.give(huge)
  expect(pool.take(101)).not.toBe(huge)
  expect(pool.freeBytes).toBeLessThanOrEqual(100)
})
