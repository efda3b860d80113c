import { createFlights } from '@darkroom/once'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildProgram, checkoutBuilds, manifestName, packedBuild } from './places.ts'
import { sourceState } from './source-state.ts'

/** The page cannot be built: the message says what to do. */
export class PagesNotBuiltError extends Error {
  override readonly name = 'PagesNotBuiltError'
}

/** Whether this is a checkout, whose page may have to be built; a published package carries it. */
export const isCheckout: boolean = existsSync(buildProgram)

/** The start of a server and its first reader may want the same build. */
const builds = createFlights<string>({ whenAbandoned: 'finish' })

/**
 * The folder of the page as its sources are now. In a checkout whose sources have changed since the last build, the
 * page is built first, in a process of its own.
 * @throws PagesNotBuiltError
 */
export async function builtFolder(): Promise<string> {
  if (!isCheckout) return packedBuild
  const state = await sourceState()
  const folder = join(checkoutBuilds, state)
  if (existsSync(join(folder, manifestName))) return folder
  const unit = { kind: 'build', key: state, domain: 'process' }
  return (await builds.run(unit, async () => ({ value: await build(state, folder) }))).value
}

/** Two processes may build the same: the first one's is kept, and is good for both. */
async function build(state: string, folder: string): Promise<string> {
  const { code, words } = await runBuild(state)
  if (existsSync(join(folder, manifestName))) return folder
  const why = words === '' ? '' : `\n${words}`
  throw new PagesNotBuiltError(
    `The dashboard could not be built (exit code ${code}); npm run dashboard tells why.${why}`,
  )
}

/** It ends with this process at the latest. */
async function runBuild(state: string): Promise<{ code: number | null; words: string }> {
  const child = spawn(process.execPath, [buildProgram, state], { stdio: ['ignore', 'ignore', 'pipe'] })
  const end = (): void => void child.kill()
  process.once('exit', end)
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    return { code, words: said.join('').trim().slice(0, 500) }
  } finally {
    process.off('exit', end)
  }
}
