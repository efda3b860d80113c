import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const never = new AbortController().signal

test('turns are given in the order they were asked for, and back once', async () => {
  const turns = createTurns(1)
  const giveBack = await turns.take(never)
  const order: string[] = []
  const second = turns.take(never).then((back) => (order.push('second'), back))
  const third = turns.take(never).then((back) => (order.push('third'), back))
  expect(turns.ahead).toBe(3)
  giveBack()
  giveBack()
  const backOfSecond = await second
  expect(order).toEqual(['second'])
  backOfSecond()
  ;(await third)()
  expect(order).toEqual(['second', 'third'])
  expect(turns.ahead).toBe(0)
})

test('who leaves the line does not hold it up', async () => {
  const turns = createTurns(1)
  const giveBack = await turns.take(never)
  const leaving = new AbortController()
  const left = turns.take(leaving.signal)
  const next = turns.take(never)
  const reason = new Error('left')
  leaving.abort(reason)
  await expect(left).rejects.toBe(reason)
  giveBack()
  ;(await next)()
  expect(turns.ahead).toBe(0)
})
