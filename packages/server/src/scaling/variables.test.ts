import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config.ts'

const scalingOf = (environment: Record<string, string>): object => parseConfig(environment).scaling

describe('the settings of scaling', () => {
  it('are one to ten workers, told to nobody', () => {
    expect(scalingOf({})).toEqual({
      min: 1,
      max: 10,
      spinUpMs: 150_000,
      targetWaitMs: 60_000,
      webhook: undefined,
      command: undefined,
    })
  })

  it('want no more workers than the money pays for', () => {
    const money = { DARKROOM_SCALING_USD_PER_WORKER_HOUR: '1.99', DARKROOM_SCALING_MAX_USD_PER_HOUR: '10' }
    expect(scalingOf(money)).toMatchObject({ max: 5 })
    expect(scalingOf({ ...money, DARKROOM_SCALING_MAX: '3' })).toMatchObject({ max: 3 })
    expect(scalingOf({ ...money, DARKROOM_SCALING_MAX_USD_PER_HOUR: '1' })).toMatchObject({ max: 0 })
  })

  it.each([
    [{ DARKROOM_SCALING_MAX_USD_PER_HOUR: '10' }, 'DARKROOM_SCALING_USD_PER_WORKER_HOUR'],
    [{ DARKROOM_SCALING_USD_PER_WORKER_HOUR: '$2' }, 'must be a number of US dollars'],
    [{ DARKROOM_SCALING_MAX: '0' }, 'from 1 to 1000'],
    [{ DARKROOM_SCALING_WEBHOOK: 'ftp://cloud.example' }, 'must be an http:// or https:// URL'],
  ])('%o is refused', (environment, message) => {
    expect(() => scalingOf(environment as Record<string, string>)).toThrow(message)
  })
})
