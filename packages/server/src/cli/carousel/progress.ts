import type { CommandEnvironment } from '../command.ts'

const barColumns = 24

/** Says how far a command is: a bar on a terminal, below the lines that have been said; only the lines elsewhere. */
export interface Progress {
  /** One more is done. */
  step(line: string): void
  /** Something to know, on standard error. */
  note(line: string): void
  /** Takes the bar away. */
  end(): void
}

/** @param quiet nothing but notes: standard output is for a document */
export function createProgress(io: CommandEnvironment, total: number, quiet: boolean): Progress {
  const onTerminal = io.isTerminal === true
  let done = 0
  const clear = (): void => {
    if (onTerminal) io.stderr('\r\u001B[2K')
  }
  const draw = (): void => {
    if (!onTerminal) return
    const filled = Math.round((done / total) * barColumns)
    io.stderr(`${'█'.repeat(filled)}${'░'.repeat(barColumns - filled)} ${done}/${total} slides`)
  }
  draw()
  return {
    step: (line) => {
      clear()
      done += 1
      if (!quiet) io.stdout(`${line}\n`)
      draw()
    },
    note: (line) => {
      clear()
      io.stderr(`${line}\n`)
      draw()
    },
    end: clear,
  }
}
