import { isIP } from 'node:net'

/** Whether a host is this machine's own address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3) or `localhost` (RFC 6761). */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
