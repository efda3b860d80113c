import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { parseAddress } from '../guard/ip-address.ts'

/** A question as it came. */
export interface DnsQuestion {
  name: string
  type: 'A' | 'AAAA' | 'other'
}

/** A real name server on 127.0.0.1, over UDP (RFC 1035). */
export interface DnsServer extends AsyncDisposable {
  /** For `Resolver.setServers`. */
  address: string
  questions: DnsQuestion[]
}

/** @param answer the addresses for a question, `refuse` for SERVFAIL, or `silence` */
export async function startDnsServer(
  answer: (question: DnsQuestion) => readonly string[] | 'refuse' | 'silence',
): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const questions: DnsQuestion[] = []
  socket.on('message', (query, from) => {
    const question = questionOf(query)
    questions.push(question)
    const addresses = answer(question)
    if (addresses !== 'silence') socket.send(answerTo(query, addresses), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Where the one question of a query ends: after the root label, type and class. */
function endOfQuestion(query: Buffer): number {
  let offset = 12
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset))
    offset += length + 1
  return offset + 5
}

function questionOf(query: Buffer): DnsQuestion {
  const labels: string[] = []
  let offset = 12
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length))
    offset += length + 1
  }
  const type = query.readUInt16BE(offset + 1)
  return { name: labels.join('.').toLowerCase(), type: type === 1 ? 'A' : type === 28 ? 'AAAA' : 'other' }
}

function answerTo(query: Buffer, addresses: readonly string[] | 'refuse'): Buffer {
  const question = query.subarray(12, endOfQuestion(query))
  const records = addresses === 'refuse' ? [] : addresses.map(recordOf)
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  // An answer, recursion desired and available; SERVFAIL or no error.
  header.writeUInt16BE(addresses === 'refuse' ? 0x8182 : 0x8180, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  return Buffer.concat([header, question, ...records])
}

/** For the name at offset 12, class IN, to be kept for 0 seconds: what a rebinding server sends. */
function recordOf(text: string): Buffer {
  const bytes = parseAddress(text)?.bytes ?? []
  const type = bytes.length === 4 ? 1 : 28
  return Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes])
}
