/**
 * Ports from 1024 that browsers refuse (WHATWG Fetch, "port blocking"): mail, chat, file and telephony services
 * that could take a request for one of theirs.
 */
const blockedPorts = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
])

/** 80, 443, and those above 1023 that no well-known service other than HTTP owns. */
export function isWebPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= 1024 && !blockedPorts.has(port))
}
