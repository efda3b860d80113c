// A pool of two workers that take tasks from one list.
const tasks = [1, 2, 3, 4, 5, 6]
const done = []
async function work() {
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const response = await fetch(`${process.env.ORIGIN}/photo`)
    done.push(task + (await response.arrayBuffer()).byteLength)
  }
}
await Promise.all([work(), work()])
console.log(done.length)
