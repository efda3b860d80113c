import { readFile, writeFile } from 'node:fs/promises'
const file = process.env.OUT
await writeFile(file, '[]')
async function add(number) {
  const list = JSON.parse(await readFile(file, 'utf8'))
  await new Promise((resolve) => setTimeout(resolve, 10 * number))
  await writeFile(file, JSON.stringify([...list, number]))
}
await Promise.all([1, 2, 3].map((number) => add(number)))
console.log('added')
