import { startModelServer } from '../torture/model-server.ts'

/** A model server as a process of its own: `node model-server-program.ts <drawMs>` prints its address. */
const drawMs = Number(process.argv[2])
const server = await startModelServer(() => drawMs)
process.stdout.write(`${server.baseUrl}\n`)
