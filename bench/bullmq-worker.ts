/**
 * A worker process of the yardstick: `node bullmq-worker.ts <module of BullMQ> <Redis socket> <model server>`. Each job is one
 * picture of the model server. Says `ready` when it takes jobs.
 */
import { pathToFileURL } from 'node:url'
import type { BullMQ } from './bullmq.ts'

const [module = '', path = '', baseUrl = ''] = process.argv.slice(2)
const { Worker } = (await import(pathToFileURL(module).href)) as BullMQ
const worker = new Worker(
  'pictures',
  async () => {
    const answer = await fetch(`${baseUrl}/images/generations`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'a harbour', size: '64x64' }),
    })
    return (await answer.text()).length
  },
  { connection: { path, maxRetriesPerRequest: null }, concurrency: 4 },
)
await worker.waitUntilReady()
process.stdout.write('ready\n')
