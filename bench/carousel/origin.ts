import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How the origin answers. */
export interface Link {
  /** Before the first byte: from, to; which it is follows from the round and the number of the request in it. */
  delayMs: readonly [from: number, to: number]
  /** Over all connections together; undefined: as fast as loopback is. */
  bytesPerS: number | undefined
}

export interface Origin {
  url: string
  /** Answers by another link from now on, and counts from nothing. */
  begin(link: Link, round: number): void
  /** Since `begin`. */
  sent(): { requests: number; bytes: number }
  close(): void
}

const chunkBytes = 16 * 1024

/** Sends one picture, on loopback, behind a link as long and as narrow as asked for. */
export async function startOrigin(picture: Buffer): Promise<Origin> {
  let link: Link = { delayMs: [0, 0], bytesPerS: undefined }
  let round = 0
  let requests = 0
  let bytes = 0
  let freeAtMs = 0

  /** The bucket: each chunk in turn waits until the link has carried those before it. */
  const carry = async (length: number): Promise<void> => {
    if (link.bytesPerS === undefined) return
    freeAtMs = Math.max(freeAtMs, performance.now()) + (length / link.bytesPerS) * 1000
    await sleep(freeAtMs - performance.now())
  }
  const send = async (response: ServerResponse): Promise<void> => {
    const [fromMs, toMs] = link.delayMs
    const delayMs = fromMs + (toMs - fromMs) * share(round, requests)
    requests += 1
    if (delayMs > 0) await sleep(delayMs)
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': picture.byteLength })
    const step = link.bytesPerS === undefined ? picture.byteLength : chunkBytes
    for (let start = 0; start < picture.byteLength && !response.destroyed; start += step) {
      const chunk = picture.subarray(start, start + step)
      await carry(chunk.byteLength)
      bytes += chunk.byteLength
      response.write(chunk)
    }
    response.end()
  }

  const server = createServer((_, response) => void send(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base.jpg`,
    begin: (next, nextRound) => {
      link = next
      round = nextRound
      requests = 0
      bytes = 0
      freeAtMs = 0
    },
    sent: () => ({ requests, bytes }),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** 0..1, spread over rounds and requests and the same for every variant. */
function share(round: number, request: number): number {
  return (0.5 + 0.618_034 * (round * 7 + request)) % 1
}
