import { appendFileSync } from 'node:fs'
import { startSdFake } from './sd-fake.ts'
import type { SdFakeMode } from './sd-fake.ts'

/**
 * A program that speaks and prints as stable-diffusion.cpp's server does. The words of the prompt say what happens:
 * "crash" ends it in the middle, "memory" has it run out, "slow" waits at each step.
 * @example node sd-program.ts [--log file] [--mode loading] --listen-ip 127.0.0.1 --listen-port 1234
 */
const option = (name: string): string | undefined => process.argv[process.argv.indexOf(name) + 1]
const has = (name: string): boolean => process.argv.includes(name)

if (has('--broken')) {
  console.error('[ERROR] main.cpp:96 - new_sd_ctx_t failed')
  process.exit(1)
}
const log = has('--log') ? option('--log') : undefined
const note = (line: string): void => {
  if (log !== undefined) appendFileSync(log, `${line}\n`)
}
note(`start ${process.pid}`)
process.on('SIGTERM', () => {
  note('term')
  process.exit(0)
})

const mode = has('--mode') ? (option('--mode') as SdFakeMode) : 'ok'
const fake = await startSdFake({
  port: Number(option('--listen-port')),
  mode,
  onStep: async (step, steps) => {
    const prompt = fake.jobs.at(-1)?.prompt ?? ''
    note(`step ${step}/${steps}`)
    process.stdout.write(
      `\r  |${'='.repeat(step)}>${' '.repeat(steps - step)}| ${step}/${steps} - 9.09it/s\u001b[K`,
    )
    if (step === steps) process.stdout.write('\n')
    if (step === 2 && prompt.includes('crash')) process.exit(139)
    if (prompt.includes('memory')) {
      console.error('[ERROR] ggml_extend.hpp:2234 - unet: failed to allocate the compute buffer')
      fake.mode = 'no-result'
    } else fake.mode = mode
    // Long enough for somebody to leave; waited for by nobody.
    if (prompt.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 100))
    await new Promise((resolve) => setImmediate(resolve))
  },
})
console.log(`[INFO ] main.cpp:148 - listening on: ${fake.baseUrl}`)
