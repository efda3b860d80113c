import { readFile } from 'node:fs/promises'
import { readFileSync, createReadStream } from 'node:fs'
const file = process.env.PHOTO
async function streamed() {
  let bytes = 0
  for await (const chunk of createReadStream(file)) bytes += chunk.length
  return bytes
}
console.log((await Promise.all([1, 2, 3].map(async () => (await readFile(file)).byteLength))).join())
console.log((await Promise.all([1, 2, 3].map(async () => readFileSync(file).byteLength))).join())
console.log((await Promise.all([1, 2, 3].map(() => streamed()))).join())
