import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltFile } from '../manifest.ts'
import { checkoutBuilds } from '../places.ts'
import { sourceState } from '../source-state.ts'
import { buildPage } from './build-page.ts'

/**
 * Builds the page and prints what it weighs: `[state]` is the state of the sources that its folder is named after,
 * `--into <folder>` another place for it.
 */
async function main(first: string | undefined, folder: string | undefined): Promise<void> {
  if (first === '--into' && folder !== undefined) return print((await buildPage(folder)).files)
  const state = first ?? (await sourceState())
  const { files } = await buildPage(join(checkoutBuilds, state))
  await removeOthers(state)
  print(files)
}

/** Builds of other states are of no more use. Those being made have another ending. */
async function removeOthers(state: string): Promise<void> {
  for (const name of await readdir(checkoutBuilds))
    if (/^[0-9a-f]{20}$/u.test(name) && name !== state)
      await rm(join(checkoutBuilds, name), { recursive: true, force: true })
}

function print(files: readonly BuiltFile[]): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const totalBrotli = files.reduce((sum, { brotliBytes }) => sum + brotliBytes, 0)
  const rows = files.map(({ path, bytes, brotliBytes }) => line(path, bytes, brotliBytes))
  process.stdout.write(`${[...rows, line('in total', total, totalBrotli)].join('\n')}\n`)
}

function line(name: string, bytes: number, brotliBytes: number): string {
  return `${name.padEnd(40)} ${kilobytes(bytes)} KB  ${kilobytes(brotliBytes)} KB by brotli`
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1).padStart(7)
}

await main(process.argv[2], process.argv[3])
