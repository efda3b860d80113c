import { expect, test } from 'vitest'
import { readPreference } from './prefer.ts'

test.each<[string | null, number, string | undefined]>([
  [null, 30, undefined],
  ['', 30, undefined],
  ['wait=5', 5, 'wait=5'],
  ['Wait=5', 5, 'wait=5'],
  ['wait = 5', 5, 'wait=5'],
  ['wait="5"', 5, 'wait=5'],
  ['wait=0', 0, 'wait=0'],
  ['wait=121', 120, 'wait=120'],
  ['wait=999999', 120, 'wait=120'],
  // Of two the first counts (RFC 7240 §2).
  ['wait=5, wait=60', 5, 'wait=5'],
  ['respond-async', 0, 'respond-async'],
  ['respond-async, wait=10', 10, 'respond-async, wait=10'],
  ['wait=10;foo=bar, handling=lenient', 10, 'wait=10'],
  // What is malformed or unknown is ignored.
  ['wait', 30, undefined],
  ['wait=', 30, undefined],
  ['wait=-1', 30, undefined],
  ['wait=1.5', 30, undefined],
  ['wait=soon', 30, undefined],
  ['respond-async=1', 30, undefined],
  ['return=minimal', 30, undefined],
  [',,;=', 30, undefined],
])('Prefer: %j waits %d s and applies %j', (header, waitS, applied) => {
  expect(readPreference(header)).toEqual({ waitS, applied })
})
