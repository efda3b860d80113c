import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A program: the yardstick, `node:http` that answers every request with the bytes of a file, and nothing else. */
const body = readFileSync(process.argv[2] ?? '')
const server = createServer((_, response) => {
  response.writeHead(200, {
    'content-type': 'image/jpeg',
    'content-length': body.byteLength,
    'cache-control': 'max-age=3600',
  })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`open http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`)
})
