import { generateKeyPairSync, sign } from 'node:crypto'

/**
 * A certificate for a host, signed by itself, valid for ever: X.509 in DER (RFC 5280, ITU-T X.690), so that no test
 * needs openssl and no private key lies in the repository.
 */
export function selfSigned(host: string): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const ecdsaWithSha256 = sequence(tagged(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
  const commonName = tagged(0x06, [0x55, 0x04, 0x03])
  const name = sequence(tagged(0x31, sequence(commonName, tagged(0x0c, Buffer.from(host)))))
  const validity = sequence(
    tagged(0x18, Buffer.from('20200101000000Z')),
    tagged(0x18, Buffer.from('99991231235959Z')),
  )
  // subjectAltName: one dNSName.
  const alternative = tagged(0x04, sequence(tagged(0x82, Buffer.from(host))))
  const extension = sequence(tagged(0x06, [0x55, 0x1d, 0x11]), alternative)
  const body = sequence(
    tagged(0xa0, tagged(0x02, [2])),
    tagged(0x02, [1]),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extension)),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(
    body,
    ecdsaWithSha256,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const lines = certificate
    .toString('base64')
    .match(/.{1,64}/gu)
    ?.join('\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

/** Tag, length in as few bytes as do, value. */
function tagged(tag: number, value: Uint8Array | readonly number[]): Buffer {
  const bytes = Buffer.from(value)
  const { length } = bytes
  const lengthBytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), bytes])
}
