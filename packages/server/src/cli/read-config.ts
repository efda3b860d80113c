import type { Logger } from 'pino'
import { pino } from 'pino'
import type { Config } from '../config.ts'
import { parseConfig } from '../config.ts'
import { withConfigFile, withImageModels } from '../config-file.ts'
import { ConfigError } from '../config-variable.ts'
import type { CommandEnvironment } from './command.ts'

/** The configuration, or its faults printed. */
export async function readConfig(io: CommandEnvironment): Promise<Config | undefined> {
  try {
    return await withImageModels(
      parseConfig(await withConfigFile(io.environment, process.cwd())),
      process.cwd(),
    )
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    io.stderr(`${error.message}\n`)
    return undefined
  }
}

/** Structured lines for machines, and the same lines made readable on a terminal. */
export function createLog(config: Pick<Config, 'logLevel'>, isTerminal: boolean): Logger {
  const options = { level: config.logLevel, base: null }
  if (!isTerminal) return pino(options)
  return pino({
    ...options,
    transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname' } },
  })
}

/** For commands that print a result: what they log must not stand between its lines. */
export function createCommandLog({ environment }: CommandEnvironment): Logger {
  return pino({ level: environment['DARKROOM_LOG_LEVEL'] ?? 'warn', base: null }, pino.destination(2))
}
