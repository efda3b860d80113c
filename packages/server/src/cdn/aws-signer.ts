import type { SignAwsRequest } from '@darkroom/edge'
import { createHash, createHmac } from 'node:crypto'

/** A key of AWS. */
export interface AwsKey {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string | undefined
}

/** CloudFront is a global service: it is signed for this region wherever it is called. */
const region = 'us-east-1'

/** Signs for CloudFront, by the signer of AWS's own SDK, which is loaded with the first call. */
export function signerOf(credentials: AwsKey, now: () => number = Date.now): SignAwsRequest {
  return async ({ method, url, headers, body }) => {
    const { SignatureV4 } = await import('@smithy/signature-v4')
    const { protocol, hostname, host, port, pathname } = new URL(url)
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    const signer = new SignatureV4({
      credentials: {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
      region,
      service: 'cloudfront',
      sha256: Sha256,
    })
    const signed = await signer.sign(
      {
        method,
        protocol,
        hostname,
        ...(port === '' ? {} : { port: Number(port) }),
        path: pathname,
        query: {},
        headers: { ...headers, host },
        body,
      },
      { signingDate: new Date(now()) },
    )
    // The connection sets it, to the same.
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'))
  }
}

type Data = string | ArrayBuffer | ArrayBufferView

/** SHA-256, keyed or not, in the form that the signer asks for. */
class Sha256 {
  readonly #key: Data | undefined
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>

  constructor(key?: Data) {
    this.#key = key
    this.#hash = hashFor(key)
  }

  update(data: Data): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest())
  }

  reset(): void {
    this.#hash = hashFor(this.#key)
  }
}

function hashFor(key: Data | undefined): ReturnType<typeof createHash> | ReturnType<typeof createHmac> {
  return key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key))
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}
