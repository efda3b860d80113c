import { exitCodes } from './command.ts'

/**
 * The first signal stops, a later one kills. A terminal's Ctrl-C under npm arrives twice, from the terminal and
 * from npm, so a repeat within a second is the same one.
 */
export function stopSignal(log: { warn: (text: string) => void }): {
  requested: Promise<void>
  forget: () => void
} {
  const requested = Promise.withResolvers<void>()
  let firstAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      requested.resolve()
    } else if (performance.now() - firstAt > 1000) {
      log.warn(`${signal} again: leaving at once; the next start cleans up`)
      process.exit(exitCodes.failed)
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) {
    // The one of `bin/darkroom.js`, which ends a process that has not begun yet.
    process.removeAllListeners(signal)
    process.on(signal, onSignal)
  }
  return {
    requested: requested.promise,
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
