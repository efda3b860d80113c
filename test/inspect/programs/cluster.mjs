import cluster from 'node:cluster'
import { createServer } from 'node:http'
if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()]
  const ports = await Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.on('listening', ({ port }) => resolve(port)))),
  )
  const texts = await Promise.all(
    [1, 2, 3].map(async (number) => (await fetch(`http://127.0.0.1:${ports[0]}/${number}`)).text()),
  )
  console.log(texts.join())
  for (const worker of workers) worker.kill()
} else {
  createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1')
}
