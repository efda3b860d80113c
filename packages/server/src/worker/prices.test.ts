import { expect, test } from 'vitest'
import { costOf, parsePrices } from './prices.ts'

const row = { alias: 'flux', backend: 'comfyui', model: 'flux-dev' }

function cost(text: string, done: Parameters<typeof costOf>[1]): number | undefined {
  const parsed = parsePrices(text)
  if ('faults' in parsed) throw new Error(parsed.faults.join())
  return costOf(row, done, parsed.prices)
}

test('the server’s word first, then the public name, the backend’s, any', () => {
  expect(cost('flux=1', { costUsd: 0.02 })).toBe(0.02)
  expect(cost('*=3,comfyui:flux-dev=2,flux=1', {})).toBe(1)
  expect(cost('*=3,comfyui:flux-dev=2', {})).toBe(2)
  expect(cost('*=3', {})).toBe(3)
  expect(cost('other=3', {})).toBeUndefined()
})

test('by the second only where the seconds are known', () => {
  expect(cost('flux=0.5/s', { gpuSeconds: 4 })).toBe(2)
  expect(cost('flux=0.5/s', {})).toBeUndefined()
})

test.each([
  ['flux', 'must look like'],
  ['flux=-1', 'must look like'],
  ['flux=1/h', 'must look like'],
  ['=1', 'must look like'],
  ['flux=1,flux=2', 'two prices'],
])('%s is refused', (text, fault) => {
  expect(parsePrices(text)).toEqual({ faults: [expect.stringContaining(fault)] })
})
