import { createServer } from 'node:http'

/** A server in a program of its own that answers by path: see `answers`. Prints its address. */
const photo = Buffer.alloc(200_000, 'photo ')
let alone = Promise.resolve()
let turn = 0
const answers = {
  photo: (_, response) => setTimeout(() => response.end(photo), 60),
  twin: (_, response) => setTimeout(() => response.end(photo), 60),
  status: (_, response) => response.end('{"status":"running"}'),
  fresh: (_, response) => response.end(`${(turn += 1)} `.repeat(1000)),
  slow: (request, response) =>
    setTimeout(() => response.end(`answer to ${request.url.replaceAll(/\W/gu, '')}`), 80),
  user: (_, response) => setTimeout(() => response.end('{"name":"Ada","posts":"p17"}'), 80),
  flaky: (_, response) => {
    turn += 1
    response.writeHead(turn % 2 === 1 ? 503 : 200).end(photo)
  },
  moved: (_, response) => response.writeHead(302, { location: '/photo' }).end(),
  revalidated: (request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304, { etag: '"1"' }).end()
    else response.writeHead(200, { etag: '"1"' }).end(photo)
  },
  mine: (request, response) => response.end(`${request.headers.authorization} `.repeat(200)),
  limited: (request, response) => {
    if (Number(request.url.split('/').at(-1)) > 3) response.writeHead(429, { 'retry-after': '1' }).end()
    else setTimeout(() => response.end('ok'), 50)
  },
  serial: (_, response) => {
    alone = alone.then(() => new Promise((done) => setTimeout(done, 60))).then(() => response.end('ok'))
  },
  stream: (_, response) => {
    let parts = 0
    const timer = setInterval(() => {
      response.write(photo.subarray(0, 20_000))
      parts += 1
      if (parts === 10) {
        clearInterval(timer)
        response.end()
      }
    }, 5)
    response.on('close', () => clearInterval(timer))
  },
}
const server = createServer((request, response) => {
  request.resume()
  const [, name] = request.url.split(/[/?]/u)
  const answer = answers[name]
  if (answer === undefined) response.writeHead(404).end()
  else answer(request, response)
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
