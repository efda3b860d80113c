import type { CacheProfile, Edge, HttpOrigin } from '@darkroom/edge'
import {
  conformanceProfile,
  createEdge,
  createEdgeListener,
  createHttpOrigin,
  createMemoryEdgeStore,
  safeProfile,
  viaNameOfProcess,
} from '@darkroom/edge'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { Logger } from 'pino'
import { cdnAdapters, tagFieldsOf } from '../cdn/adapters.ts'
import { ConfigError } from '../config-variable.ts'
import type { EdgeConfig } from './edge-config.ts'
import { parseEdgeConfig } from './edge-config.ts'
import { answerHttpFaults } from '../http-faults.ts'
import type { HttpServer } from '../http-server.ts'
import { listenOn } from '../http-server.ts'
import type { CommandEnvironment } from './command.ts'
import { exitCodes } from './command.ts'
import { createEdgePurge, edgePurgePath, isEdgePurge } from './edge-purge.ts'
import { createLog } from './read-config.ts'
import { stopSignal } from './stop-signal.ts'

/** Options of `darkroom edge` as commander gives them. */
export interface EdgeCommandOptions {
  origin: string
  profile: string
  /** Seconds, or undefined: for ever. */
  joinTimeout?: string
  /** Seconds. */
  originTimeout: string
}

const profiles: Readonly<Record<string, Readonly<CacheProfile>>> = {
  safe: safeProfile,
  conformance: conformanceProfile,
}

/** `darkroom edge`: the cache alone in front of an HTTP server, until a signal. No database, no files. */
export async function edgeCommand(options: EdgeCommandOptions, io: CommandEnvironment): Promise<number> {
  const setUp = readOptions(options, io)
  if (setUp === undefined) return exitCodes.usage
  const config = readEdgeConfig(io)
  if (config === undefined) return exitCodes.failed
  const { origin, profile, joinTimeoutMs, viaName } = setUp
  const log = createLog(config, process.stdout.isTTY)
  const stop = stopSignal(log)
  const edge = createEdge({
    origin: origin.fetch,
    store: createMemoryEdgeStore({ maxBytes: config.edgeMaxBytes }),
    profile,
    joinTimeoutMs,
    log,
    cdnTagFields: tagFieldsOf(config.cdn),
  })
  try {
    const listener = createEdgeListener({ edge, base: origin.url, log, viaName })
    const httpServer = createServer(withPurge(listener, edge, { origin, config, log }))
    answerHttpFaults(httpServer, { 'cache-status': 'darkroom; detail=malformed', 'x-cache-status': 'MISS' })
    const server = await listenOn(httpServer, config)
    io.stdout(readyMessage(server, origin, options.profile, config))
    await stop.requested
    server.stopAccepting()
    await server.close(config.drainMs)
    return exitCodes.done
  } catch (error) {
    io.stderr(`${listenError(error, config)}\n`)
    return exitCodes.failed
  } finally {
    stop.forget()
    edge.close()
    origin.close()
  }
}

/** Purges at an address of their own, where there is a key for them; all else is the origin's. */
function withPurge(
  listener: RequestListener,
  edge: Edge,
  { origin, config, log }: { origin: HttpOrigin; config: EdgeConfig; log: Logger },
): RequestListener {
  if (config.purgeKey === undefined) return listener
  const adapters = cdnAdapters(config.cdn)
  const purge = createEdgePurge({ edge, base: origin.url, adapters, key: config.purgeKey, log })
  return (request, response) => {
    if (isEdgePurge(request.url)) purge(request, response)
    else listener(request, response)
  }
}

interface SetUp {
  origin: HttpOrigin
  profile: Readonly<CacheProfile>
  joinTimeoutMs: number | undefined
  viaName: string
}

/** The options, or their first fault printed. */
function readOptions(options: EdgeCommandOptions, io: CommandEnvironment): SetUp | undefined {
  const fail = (message: string): undefined => {
    io.stderr(`${message}\n`)
    return undefined
  }
  const profile = Object.hasOwn(profiles, options.profile) ? profiles[options.profile] : undefined
  if (profile === undefined) return fail(`--profile ${options.profile}: it must be safe or conformance.`)
  const idleTimeoutMs = milliseconds(options.originTimeout)
  if (idleTimeoutMs === undefined) return fail('--origin-timeout: it must be a number of seconds above 0.')
  const joinTimeoutMs = options.joinTimeout === undefined ? undefined : milliseconds(options.joinTimeout)
  if (options.joinTimeout !== undefined && joinTimeoutMs === undefined)
    return fail('--join-timeout: it must be a number of seconds above 0.')
  const viaName = viaNameOfProcess()
  try {
    return {
      origin: createHttpOrigin({ url: options.origin, idleTimeoutMs, viaName }),
      profile,
      joinTimeoutMs,
      viaName,
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return fail(
      `--origin ${options.origin}: ${URL.canParse(options.origin) ? error.message : 'it is no URL; give one like http://127.0.0.1:3000'}.`,
    )
  }
}

/** At most a day: longer timers would be cut to nothing by Node. */
function milliseconds(seconds: string): number | undefined {
  const value = /^\d+(?:\.\d+)?$/u.test(seconds) ? Number(seconds) * 1000 : 0
  return value >= 1 && value <= 86_400_000 ? value : undefined
}

function readEdgeConfig(io: CommandEnvironment): EdgeConfig | undefined {
  try {
    return parseEdgeConfig(io.environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    io.stderr(`${error.message}\n`)
    return undefined
  }
}

function readyMessage(server: HttpServer, origin: HttpOrigin, profile: string, config: EdgeConfig): string {
  return [
    '',
    'The Darkroom edge is ready.',
    `  open      ${server.url}/`,
    `  origin    ${origin.url.origin}`,
    `  profile   ${profile}`,
    `  memory    ${Math.round(config.edgeMaxBytes / 1024 ** 2)} MB`,
    ...(config.purgeKey === undefined ? [] : [`  purges    POST ${server.url}${edgePurgePath}`]),
    '',
    '',
  ].join('\n')
}

function listenError(error: unknown, config: EdgeConfig): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `Port ${config.port} on ${config.host} is in use: stop what listens there, or set PORT to another (0 picks a free one).`
  return `The edge could not listen on ${config.host}:${config.port}: ${error instanceof Error ? error.message : String(error)}`
}
