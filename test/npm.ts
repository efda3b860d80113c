import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What npm says when it cannot reach its registry, which is no fault of ours. */
const offline =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|EIDLETIMEOUT)\b/u

/** Why npm could not install; `undefined` when it did. Any other failure is thrown, with npm's words. */
export async function npmInstall(folder: string, args: readonly string[]): Promise<string | undefined> {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  try {
    await run('npm', [...args, ...quiet], { cwd: folder, maxBuffer: 2 ** 24 })
    return undefined
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    const code = offline.exec(words)?.[0]
    if (code === undefined) throw new Error(`npm failed:\n${words}`, { cause: error })
    return `npm cannot reach its registry here (${code})`
  }
}
