/** Exit codes of every command (DESIGN 4.4); `stopped` is a shell's for Ctrl-C, of commands that end by themselves. */
export const exitCodes = { done: 0, failed: 1, usage: 2, stopped: 130 } as const

/** What a command says and where, injected so that commands can be tested without a terminal. */
export interface CommandEnvironment {
  environment: Readonly<Record<string, string | undefined>>
  stdout: (text: string) => void
  stderr: (text: string) => void
  /** Whether a person watches `stderr`. */
  isTerminal?: boolean
}
