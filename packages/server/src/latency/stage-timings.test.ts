import { expect, test } from 'vitest'
import { createStageTimings } from './stage-timings.ts'

function withClock(): { clock: { now: number }; stages: ReturnType<typeof createStageTimings> } {
  const clock = { now: 0 }
  return { clock, stages: createStageTimings(() => clock.now) }
}

test('stages stand in the order they were first added, repeats are summed', () => {
  const { stages } = withClock()
  stages.add('queue', 1.239)
  stages.add('encode', 2)
  stages.add('queue', 3)
  expect(stages.header()).toBe('queue;dur=4.24, encode;dur=2')
})

test('without stages the header is empty', () => {
  expect(withClock().stages.header()).toBe('')
})

test('a function is measured until it returns, a promise until it settles', async () => {
  const { clock, stages } = withClock()
  expect(
    stages.measure('parse', () => {
      clock.now += 5
      return 'value'
    }),
  ).toBe('value')
  const gate = Promise.withResolvers<string>()
  const measured = stages.measure('draw', () => gate.promise)
  expect(stages.header()).toBe('parse;dur=5')
  clock.now += 7
  gate.resolve('drawn')
  expect(await measured).toBe('drawn')
  expect(stages.header()).toBe('parse;dur=5, draw;dur=7')
})

test('what fails is measured too, and fails as it was', async () => {
  const { clock, stages } = withClock()
  const fault = new Error('no')
  expect(() =>
    stages.measure('thrown', () => {
      clock.now += 2
      throw fault
    }),
  ).toThrow(fault)
  await expect(
    stages.measure('rejected', async () => {
      clock.now += 3
      throw fault
    }),
  ).rejects.toBe(fault)
  expect(stages.header()).toBe('thrown;dur=2, rejected;dur=3')
})

test('laps follow each other without a gap, and the header writes hundredths', () => {
  let atMs = 10
  const timings = createStageTimings(() => atMs)
  for (const [stage, durationMs] of [
    ['key', 0.5],
    ['access', 3],
    ['key', 1.044],
    ['edge', 12.345],
  ] as const) {
    atMs += durationMs
    timings.lap(stage)
  }
  expect(timings.header()).toBe('key;dur=1.54, access;dur=3, edge;dur=12.35')
  expect(timings.get('access')).toBeCloseTo(3)
  expect(timings.get('store')).toBeUndefined()
})
