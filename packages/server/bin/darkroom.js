#!/usr/bin/env node
// Plain JavaScript without imports of the project: it must run on an old Node, to say what is missing or to find
// the right one. Node 24 comes from npm as a package of its own; npm scripts have it first in PATH already, but
// `node_modules/.bin/darkroom` started from a shell runs on the machine's Node.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as modules from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 22 || (major === 22 && minor >= 18)

/** Until a server takes signals itself, nothing runs that would need a drain: Ctrl-C while it loads is a proper end. */
const leave = () => process.exit(['start', 'edge'].includes(process.argv[2]) ? 0 : 130)
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

if (isNewEnough) {
  for (const signal of signals) process.on(signal, leave)
  // Whoever reads along may stop (`| head -1`): what was asked for is done all the same.
  const passOver = (error) => {
    if (error.code !== 'EPIPE') throw error
  }
  process.stdout.on('error', passOver)
  process.stderr.on('error', passOver)
  // Started by the branch below: when that launcher is killed, this process must not live on unnoticed.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
  // In a checkout the TypeScript sources run as they are; the published package has emitted JavaScript.
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const emitted = new URL('../dist/cli/main.js', import.meta.url)
  // Compiled code is kept beside what npm installed, which nobody else can write to either: a process that was killed
  // comes back in half the time. Where that folder cannot be written to, nothing is kept.
  const cacheFolder = compileCacheFolder()
  if (cacheFolder !== undefined) modules.enableCompileCache?.(cacheFolder)
  const { main } = await import(existsSync(fileURLToPath(emitted)) ? emitted.href : source.href)
  process.exitCode = await main(process.argv.slice(2))
  // All is done: a timer or connection that somebody forgot must not keep the process from its supervisor, which
  // waits for this end to start the next one.
  setTimeout(() => process.exit(), 5000).unref()
} else {
  const node = nodeFromNpm()
  if (node === undefined) {
    process.stderr.write(
      `Darkroom needs Node 22.18 or later, and this is ${process.version}.\n` +
        'On Linux (x64, arm64) npm brings Node 24 along: run npm ci without --omit=optional. Elsewhere install Node 24.\n',
    )
    process.exitCode = 1
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    })
    // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be passed on.
    for (const signal of signals) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 1 : 128)
    })
  }
}

/** In the nearest `node_modules` above: that of the checkout, or of the folder that we are installed in. */
function compileCacheFolder() {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    if (existsSync(join(folder, 'node_modules'))) return join(folder, 'node_modules', '.cache', 'darkroom')
  }
  return undefined
}

/** The executable of the npm package that carries Node 24 for this platform. */
function nodeFromNpm() {
  try {
    const require = modules.createRequire(import.meta.url)
    const path = join(
      dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`)),
      'bin',
      'node',
    )
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
