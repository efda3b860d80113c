import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Compiles the resize kernel of `packages/client`, or checks with `--check` that what is committed is what its source
 * makes. The compiler is installed beside the source, by its own lock file: nobody else needs its 100 MB.
 */
const folder = resolve(import.meta.dirname, '../packages/client/kernel')
const target = resolve(import.meta.dirname, '../packages/client/src/resize/kernel.wasm')
const compiler = join(folder, 'node_modules/assemblyscript/bin/asc.js')

if (!existsSync(compiler)) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
const output = mkdtempSync(join(tmpdir(), 'darkroom-kernel-'))
try {
  const made = join(output, 'kernel.wasm')
  const options =
    '--runtime stub --enable simd --optimizeLevel 3 --shrinkLevel 1 --noAssert --importMemory --zeroFilledMemory --use abort='
  execFileSync(process.execPath, [compiler, 'kernel.ts', '--outFile', made, ...options.split(' ')], {
    cwd: folder,
    stdio: 'inherit',
  })
  const bytes = readFileSync(made)
  if (!process.argv.includes('--check')) writeFileSync(target, bytes)
  else if (!bytes.equals(readFileSync(target))) {
    console.error('packages/client/src/resize/kernel.wasm is not what kernel.ts makes. Run npm run kernel.')
    process.exitCode = 1
  }
} finally {
  rmSync(output, { recursive: true, force: true })
}
