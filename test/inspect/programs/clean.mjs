// Everything here is as it should be: nothing may be reported.
import { createReadStream } from 'node:fs'
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises'
const { ORIGIN, OUT, PHOTO } = process.env
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const text = async (path, init) => (await fetch(`${ORIGIN}${path}`, init)).text()

// Polling, beside other work.
const polling = async () => {
  for (let time = 0; time < 5; time += 1) {
    await text('/status')
    await sleep(10)
  }
}
const timer = setInterval(() => void text('/slow/timer'), 20)
await Promise.all([polling(), text('/slow/other')])
clearInterval(timer)
await sleep(120)
// Posts, and requests that differ in what they ask with.
await Promise.all([1, 2, 3].map(() => text('/photo', { method: 'POST', body: 'same' })))
await Promise.all(['DELETE', 'PATCH'].flatMap((method) => [1, 2].map(() => text('/photo', { method }))))
await Promise.all(
  ['ann', 'bob'].map((name) => text('/mine', { headers: { authorization: `Bearer ${name}` } })),
)
await Promise.all([0, 1].map((part) => text('/photo', { headers: { range: `bytes=${part}-` } })))
// Fresh answers of one URL, and cache busters.
await Promise.all([1, 2, 3].map(() => text('/fresh')))
await Promise.all([1, 2, 3].map((number) => text(`/photo?_=${number}`)))
// A retry after a failure, and a question whether anything is new.
const retried = await fetch(`${ORIGIN}/flaky`)
await retried.arrayBuffer()
if (!retried.ok) await text('/flaky')
await Promise.all([1, 2].map(() => text('/revalidated', { headers: { 'if-none-match': '"1"' } })))
// Small files, a file that was changed in between, a log, a file put in place whole.
await writeFile(`${OUT}.json`, '{}')
await Promise.all([1, 2, 3].map(() => readFile(`${OUT}.json`)))
await writeFile(OUT, 'a'.repeat(10_000))
await readFile(OUT)
await writeFile(OUT, 'b'.repeat(10_000))
await readFile(OUT)
await Promise.all([1, 2, 3].map((number) => appendFile(`${OUT}.log`, `${number}\n`)))
await Promise.all(
  [1, 2].map(async (number) => {
    await writeFile(`${OUT}.${number}`, String(number))
    await rename(`${OUT}.${number}`, `${OUT}.whole`)
  }),
)
// Parts of one file.
await Promise.all(
  [0, 1].map(async (part) => {
    for await (const _ of createReadStream(PHOTO, { start: part * 1000, end: part * 1000 + 999 }));
  }),
)
// Branches that take turns.
await writeFile(`${OUT}.turns`, '0')
let last = Promise.resolve()
const inTurn = (work) => (last = last.then(work, work))
await Promise.all(
  [1, 2, 3].map((number) =>
    inTurn(async () => {
      const before = await readFile(`${OUT}.turns`, 'utf8')
      await writeFile(`${OUT}.turns`, `${before}${number}`)
    }),
  ),
)
// A second request that uses the first one's answer; pages of a list.
const { posts } = JSON.parse(await text('/user'))
await text(`/slow/${posts}`)
await sleep(60)
for (const page of [1, 2, 3]) await text(`/slow?page=${page}`)
await sleep(60)
// The mended six downloads.
const base = await text('/photo')
await Promise.all(
  [1, 2, 3].map(async (number) => text(`/slow/${number}`, { headers: { 'x-length': String(base.length) } })),
)
console.log('clean')
