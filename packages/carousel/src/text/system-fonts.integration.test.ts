import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)

it('fonts of the system change no pixel: a machine with them and one without draw the same', async () => {
  const script = join(import.meta.dirname, 'testing', 'print-hashes.ts')
  const draw = async (environment: NodeJS.ProcessEnv): Promise<string[]> => {
    const { stdout } = await run(process.execPath, [script], { env: { ...process.env, ...environment } })
    return JSON.parse(stdout) as string[]
  }
  const withSystemFonts = await draw({ DISABLE_SYSTEM_FONTS_LOAD: '' })
  expect(withSystemFonts.length).toBeGreaterThan(100)
  expect(await draw({ DISABLE_SYSTEM_FONTS_LOAD: '1' })).toEqual(withSystemFonts)
})
