import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a program of this machine says; undefined where it is not installed. @throws Error when it fails */
export async function outputOf(
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string } | undefined> {
  try {
    return await run(program, args)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
