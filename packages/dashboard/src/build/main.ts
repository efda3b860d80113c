import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutBuilds } from '../places.ts'
import { sourceState } from '../source-state.ts'
import { buildPage } from './build-page.ts'

/** `node src/build/main.ts [state]`: builds the page of this checkout and prints what it weighs. */
async function main(state: string | undefined): Promise<void> {
  const current = state ?? (await sourceState())
  const { files } = await buildPage(join(checkoutBuilds, current))
  // Builds of other states are of no more use; those being made have another ending.
  for (const name of await readdir(checkoutBuilds))
    if (/^[0-9a-f]{20}$/u.test(name) && name !== current)
      await rm(join(checkoutBuilds, name), { recursive: true, force: true })
  const rows = files.map(({ path, bytes, brotliBytes }) => `${line(path, bytes, brotliBytes)}\n`)
  const sum = (of: (file: (typeof files)[number]) => number): number =>
    files.reduce((total, file) => total + of(file), 0)
  const total = line(
    'in total',
    sum((file) => file.bytes),
    sum((file) => file.brotliBytes),
  )
  process.stdout.write(`${rows.join('')}${total}\n`)
}

function line(name: string, bytes: number, brotliBytes: number): string {
  return `${name.padEnd(40)} ${kilobytes(bytes)} KB  ${kilobytes(brotliBytes)} KB by brotli`
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1).padStart(7)
}

await main(process.argv[2])
