import { writeFile } from 'node:fs/promises'
await Promise.all(
  [1, 2, 3].map(async (number) => {
    const response = await fetch(`${process.env.ORIGIN}/slow/${number}`)
    await writeFile(process.env.OUT, await response.text())
  }),
)
console.log('written')
