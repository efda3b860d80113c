import type { IncomingMessage, ServerResponse } from 'node:http'
import sharp from 'sharp'
import type { TestOrigin } from '../../packages/outbound/src/testing/test-origin.ts'
import { startOrigin } from '../../packages/outbound/src/testing/test-origin.ts'

/** A photograph made by program: soft light with grain, so that it has something to decode. */
export async function makePhoto(
  widthPx: number,
  heightPx: number,
  color: string = '#446688',
): Promise<Buffer> {
  return await sharp({
    create: {
      width: widthPx,
      height: heightPx,
      channels: 3,
      background: color,
      noise: { type: 'gaussian', mean: 120, sigma: 20 },
    },
  })
    .jpeg({ quality: 80 })
    .toBuffer()
}

/** A server of photographs on this machine. What a path does, a test says. */
export interface PhotoOrigin extends TestOrigin {
  /** The photograph that every path without an answer of its own has. */
  readonly photo: Buffer
  /** How a path is answered from now on. */
  answer(path: string, handle: (request: IncomingMessage, response: ServerResponse) => void): void
  /** How often a path was asked for. */
  countOf(path: string): number
  /** Holds back the answer to a path; the function lets it go, as often as it was asked for. */
  hold(path: string, photo?: Buffer): () => void
}

export async function startPhotoOrigin(): Promise<PhotoOrigin> {
  const photo = await makePhoto(1200, 1500)
  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()
  const send = (response: ServerResponse, bytes: Buffer = photo): void => {
    response.setHeader('content-type', 'image/jpeg')
    response.end(bytes)
  }
  const origin = await startOrigin((request, response) => {
    const answer = answers.get(request.url ?? '')
    if (answer === undefined) send(response)
    else answer(request, response)
  })
  return Object.assign(origin, {
    photo,
    answer: (path: string, handle: (request: IncomingMessage, response: ServerResponse) => void) => {
      answers.set(path, handle)
    },
    countOf: (path: string) => origin.requests.filter((line) => line === `GET ${path}`).length,
    hold: (path: string, bytes?: Buffer) => {
      const held: ServerResponse[] = []
      answers.set(path, (_, response) => held.push(response))
      return () => {
        answers.delete(path)
        for (const response of held) send(response, bytes)
      }
    },
  })
}
