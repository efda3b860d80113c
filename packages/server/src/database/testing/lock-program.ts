/** A process that holds a session lock until it is killed. Its one argument is the options as JSON. */
import type { EmbeddedConnection } from '../connection.ts'
import { createSessionLock } from '../session-lock.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { connection: EmbeddedConnection; id: number }
await createSessionLock({ ...options, log: { info: () => {}, warn: () => {}, error: () => {} } })
process.stdout.write('held\n')
