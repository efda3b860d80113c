import type { Step } from '../openai/run.ts'

/** Progress bars of anything that takes more are of weights and not of a sampler. */
const maxSteps = 250
/** Kept to say why a server ended. */
const keptLines = 40

/** What a server writes, read for steps, memory and last words. */
export interface ServerOutput {
  write(chunk: string): void
  /** Calls the listener with each step, until the function returned is called. */
  onStep(listener: (step: Step) => void): () => void
  /** Whether it said since `mark` that it had no memory left. */
  ranOut(): boolean
  /** Forgets what was said about memory. */
  mark(): void
  /** The last line that is no progress bar. */
  lastLine(): string | undefined
}

// `  |=====>   | 7/20 - 1.52it/s`; weights are counted in MB/s.
const bar = /\|\s*(\d{1,6})\/(\d{1,6})\s*-\s*[\d.]+\s*(?:it\/s|s\/it)/u
const outOfMemory =
  /out of memory|failed to allocate|alloc(?:ate)? .*failed|not enough (?:gpu |device )?memory/iu

export function createServerOutput(): ServerOutput {
  const listeners = new Set<(step: Step) => void>()
  const lines: string[] = []
  let begun = ''
  let ran = false
  const read = (line: string): void => {
    const [, step = '', steps = ''] = bar.exec(line) ?? []
    if (step !== '') {
      const now = { step: Number(step), steps: Number(steps) }
      if (now.step <= now.steps && now.steps <= maxSteps) for (const listener of listeners) listener(now)
      return
    }
    // eslint-disable-next-line no-control-regex -- colours of a terminal
    const text = line.replaceAll(/\u001b\[[\d;]*[A-Za-z]/gu, '').trim()
    if (text === '') return
    if (outOfMemory.test(text)) ran = true
    lines.push(text)
    if (lines.length > keptLines) lines.shift()
  }
  return {
    write(chunk) {
      // A bar is written over itself: a carriage return ends a line as well. Bars have no line end until the last.
      const parts = (begun + chunk).split(/[\r\n]/u)
      begun = parts.pop() ?? ''
      for (const part of parts) read(part)
      if (bar.test(begun)) {
        read(begun)
        begun = ''
      } else if (begun.length > 65_536) begun = ''
    },
    onStep(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ranOut: () => ran,
    mark() {
      ran = false
    },
    lastLine: () => lines.at(-1),
  }
}
