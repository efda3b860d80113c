import { spawn } from 'node:child_process'

/**
 * A program: runs another one and ends it when whoever started us is gone. Its input is a pipe that nobody writes
 * to: the kernel closes it with the owner, even at a kill -9, which no handler of the owner's could answer.
 * @example node guardian.ts sd-server -m model.safetensors --listen-port 1234
 */
const [command = '', ...args] = process.argv.slice(2)

/** How long the program may take to leave by itself. */
const patienceMs = 5000

// A group of its own, so that what the program starts is ended with it.
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true })

function signalGroup(signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // It is gone already.
  }
}

let ending = false
function end(): void {
  if (ending) return
  ending = true
  signalGroup('SIGTERM')
  setTimeout(() => signalGroup('SIGKILL'), patienceMs).unref()
}

process.stdin.resume()
process.stdin.on('end', end).on('error', end)
process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', end)

child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(127)
})
child.on('exit', (code, signal) => {
  // Whatever of its group is left.
  signalGroup('SIGKILL')
  process.exit(code ?? (signal === null ? 1 : 128))
})
