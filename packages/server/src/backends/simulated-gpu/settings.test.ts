import { expect, test } from 'vitest'
import { defaultSimulatedGpu, parseSimulatedGpu } from './settings.ts'

test('what is named replaces its default', () => {
  expect(parseSimulatedGpu(undefined)).toEqual({ settings: defaultSimulatedGpu })
  expect(parseSimulatedGpu('stepMs=5, vramMegapixels=0.5,batch=8')).toEqual({
    settings: { ...defaultSimulatedGpu, stepMs: 5, vramMegapixels: 0.5, batch: 8 },
  })
})

test.each(['steps=0', 'steps=1.5', 'stepMs=', 'stepMs=fast', 'batch=65', 'speed=1', 'constructor=1'])(
  '%s is refused in words',
  (text) => {
    const parsed = parseSimulatedGpu(text)
    expect('faults' in parsed && parsed.faults).toEqual([
      expect.stringMatching(/must be a number|is none of/u),
    ])
  },
)
