import { expect, test } from 'vitest'
import { printableUrl } from './redact.ts'

test.each([
  ['https://a.test/photo.jpg?w=320#top', 'https://a.test/photo.jpg?w=320'],
  ['https://ann:secret@a.test/x', 'https://a.test/x'],
  ['https://a.test/x?token=abc&page=2', 'https://a.test/x?token=…&page=2'],
  ['https://a.test/x?X-Amz-Signature=0a1b2c', 'https://a.test/x?X-Amz-Signature=…'],
  ['https://a.test/x?q=eyJhbGciOiJIUzI1NiJ9.e30.abc123', 'https://a.test/x?q=…'],
  ['https://a.test/bot123:AAbbCC/send', 'https://a.test/…/send'],
  ['https://a.test/services/T00/B00/XXyyzz112233445566778899', 'https://a.test/services/T00/B00/…'],
  [
    'https://a.test/9f86d081884c7d659a2feaa0c55ad015.png',
    'https://a.test/9f86d081884c7d659a2feaa0c55ad015.png',
  ],
  ['no url', '(a URL that cannot be read)'],
])('%s is printed as %s', (url, printed) => {
  expect(printableUrl(url)).toBe(printed)
})
