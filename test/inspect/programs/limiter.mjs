// In the way of p-limit: what is run is not what is awaited.
function createLimit(most) {
  const queue = []
  let active = 0
  const next = () => {
    active -= 1
    queue.shift()?.()
  }
  const run = async (work, resolve) => {
    active += 1
    const result = (async () => work())()
    resolve(result)
    try {
      await result
    } catch {}
    next()
  }
  return (work) =>
    new Promise((resolve) => {
      queue.push(() => void run(work, resolve))
      queueMicrotask(() => {
        if (active < most) queue.shift()?.()
      })
    })
}
const limit = createLimit(2)
const download = async () => (await (await fetch(`${process.env.ORIGIN}/photo`)).arrayBuffer()).byteLength
console.log((await Promise.all([1, 2, 3, 4, 5, 6].map(() => limit(() => download())))).join())
