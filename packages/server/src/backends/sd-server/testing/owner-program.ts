import { createSupervisedBackend } from '../supervised-backend.ts'

/**
 * A program that supervises a model server, says when its model is warm, and then does nothing.
 * @example node owner-program.ts sd-server -m model.safetensors
 */
const backend = createSupervisedBackend({ command: process.argv.slice(2) })
await backend.warm('toy')
process.stdout.write('warm\n')
setInterval(() => {}, 60_000)
