import { expect, test } from 'vitest'
import { keyHeader } from './api-call.ts'
import { main } from './main.ts'

const nowhere = 'http://127.0.0.1:1'

test.each([
  ['purge', ['purge', '--everything', '--server', nowhere]],
  ['generate', ['generate', 'a fox', '-o', 'fox.png', '--url', nowhere]],
])('%s does not repeat a key that no header can hold', async (_, args) => {
  let printed = ''
  const print = (text: string): void => void (printed += text)
  const environment = { DARKROOM_API_KEY: 'dk_S3cret\nWord' }
  expect(await main(args, { environment, stdout: print, stderr: print })).toBe(1)
  expect(printed).toContain('DARKROOM_API_KEY: has characters that no key has')
  expect(printed).not.toContain('S3cret')
})

test('a line break behind a key is no part of it', () => {
  const print = (): void => {}
  const environment = { DARKROOM_API_KEY: 'dk_key\r\n' }
  expect(keyHeader({ environment, stdout: print, stderr: print })).toEqual({ authorization: 'Bearer dk_key' })
})
