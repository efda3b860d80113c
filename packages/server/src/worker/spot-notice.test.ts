import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { watchSpotNotice } from './spot-notice.ts'

test('a file that comes to be is a notice, once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-notice-'))
  const file = join(folder, 'notice')
  const told: string[] = []
  const heard = Promise.withResolvers<void>()
  const unwatch = watchSpotNotice(file, (from) => {
    told.push(from)
    heard.resolve()
  })
  try {
    await writeFile(file, '')
    await heard.promise
    process.emit('SIGUSR2')
    expect(told).toEqual([file])
  } finally {
    unwatch()
    await rm(folder, { recursive: true })
  }
})

test('a signal is a notice; whoever stopped watching hears nothing', () => {
  const told: string[] = []
  const before = process.listenerCount('SIGUSR2')
  const unwatch = watchSpotNotice(undefined, (from) => told.push(from))
  const forgotten = watchSpotNotice(undefined, () => told.push('forgotten'))
  forgotten()
  process.emit('SIGUSR2')
  expect(told).toEqual(['SIGUSR2'])
  unwatch()
  expect(process.listenerCount('SIGUSR2')).toBe(before)
})
