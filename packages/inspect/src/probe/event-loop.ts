import type { ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { Restore } from './replace.ts'

const beatMs = 40
const blockedMs = 80
/** Of a block, the share of processor time below which the machine was busy and not the program. */
const busyShare = 0.25

/**
 * Times in which the event loop did not turn although the process was at work.
 * @param onBeat called on every beat
 */
export function watchEventLoop(context: ProbeContext, onBeat: () => void): Restore {
  const { recorder } = context
  let last = recorder.now()
  let cpu = process.cpuUsage()
  const beat = (): void => {
    const now = recorder.now()
    const lateMs = now - last - beatMs
    const used = process.cpuUsage(cpu)
    if (lateMs > blockedMs && (used.user + used.system) / 1000 > lateMs * busyShare)
      recorder.emit({ type: 'block', start: last + beatMs, end: now })
    last = now
    cpu = process.cpuUsage()
    onBeat()
  }
  const timer = setInterval(() => quietly(beat), beatMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    beat()
  }
}
