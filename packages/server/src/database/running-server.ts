import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import type { EmbeddedConnection } from './connection.ts'
import { readOrCreateCredentials } from './credentials.ts'
import { readPostmasterPid } from './postmaster-pid.ts'
import { connectionOf } from './provision.ts'
import { isPostmaster } from './server-processes.ts'
import { clusterDirOf } from './server-start.ts'

/**
 * How to reach the embedded database that another process of ours runs on this folder: whoever may read the
 * credentials beside it may use it. It neither takes the folder nor touches the server.
 * @returns `undefined` where none runs
 */
export async function findRunningDatabase(folder: string): Promise<EmbeddedConnection | undefined> {
  if (!existsSync(clusterDirOf(folder))) return undefined
  const dataDir = await realpath(folder)
  const credentials = await readOrCreateCredentials(dataDir, true)
  const server = await readPostmasterPid(clusterDirOf(dataDir))
  if (server?.status !== 'ready' || !(await isPostmaster(server.pid, credentials.clusterName)))
    return undefined
  return connectionOf(server.socketDir, server.port, credentials)
}
