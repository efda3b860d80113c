import { Worker, isMainThread, parentPort } from 'node:worker_threads'
if (isMainThread) {
  const ends = [1, 2, 3].map(
    () => new Promise((resolve) => new Worker(new URL(import.meta.url)).on('message', resolve)),
  )
  console.log((await Promise.all(ends)).join())
} else {
  parentPort.postMessage((await (await fetch(`${process.env.ORIGIN}/photo`)).arrayBuffer()).byteLength)
}
