import type { UsageEvent } from '../usage-event.ts'

/** One line of a log as an event; undefined where it is no request for something that could be a picture. */
export type LineReader = (line: string) => UsageEvent | undefined

/** Which column or field holds what; what is not named is found by its usual names. */
export type ColumnNames = Partial<Record<'time' | 'key' | 'session' | 'family' | 'scope', string>>

const usualNames: Readonly<Record<keyof Required<ColumnNames>, readonly string[]>> = {
  time: [
    'time',
    't',
    't_unix',
    'timestamp',
    '@timestamp',
    'ts',
    'time_local',
    'time_iso8601',
    'date',
    'datetime',
  ],
  key: ['key', 'url', 'uri', 'path', 'request_uri', 'cs-uri-stem', 'stock_code', 'request'],
  session: ['session', 'invoice', 'host_hash', 'remote_addr', 'client_ip', 'c-ip', 'user', 'ip'],
  family: ['family'],
  scope: ['scope', 'host', 'cs-host', 'vhost'],
}

/**
 * A reader for fields by name: the columns of a CSV or W3C log, the members of a JSON line.
 * @returns undefined where the time or the key is not among the names
 */
export function fieldReader(
  names: readonly string[],
  chosen: ColumnNames,
): ((valueOf: (name: string) => string | undefined) => UsageEvent | undefined) | undefined {
  const nameOf = (role: keyof Required<ColumnNames>): string | undefined => {
    const wanted = chosen[role]
    if (wanted !== undefined) return names.includes(wanted) ? wanted : undefined
    return usualNames[role].find((name) => names.includes(name))
  }
  const [time, key] = [nameOf('time'), nameOf('key')]
  if (time === undefined || key === undefined) return undefined
  const [session, family, scope] = [nameOf('session'), nameOf('family'), nameOf('scope')]
  const read = (
    valueOf: (name: string) => string | undefined,
    name: string | undefined,
  ): string | undefined => (name === undefined ? undefined : valueOf(name))
  return (valueOf) => {
    if (!isAnswered(valueOf('method') ?? valueOf('cs-method'), valueOf('status') ?? valueOf('sc-status')))
      return undefined
    const clock =
      names.includes('date') && time === 'time' ? `${valueOf('date')}T${valueOf('time')}Z` : valueOf(time)
    const query = key === 'cs-uri-stem' ? valueOf('cs-uri-query') : undefined
    return eventOf({
      atMs: timeOf(clock ?? ''),
      key: `${requestTarget(valueOf(key) ?? '')}${query === undefined || query === '-' ? '' : `?${query}`}`,
      session: read(valueOf, session),
      family: read(valueOf, family),
      scope: read(valueOf, scope),
    })
  }
}

/** NCSA common and combined: `host - user [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "ref" "agent"`. */
export const readNcsa: LineReader = (line) => {
  const match =
    /^(?<host>\S+) \S+ [^[]{0,200}\[(?<time>[^\]]{20,32})\] "(?<method>[A-Z]+) (?<target>[^" ]{1,4000})[^"]{0,40}" (?<status>\d{3}) \S+(?: "[^"]*" "(?<agent>[^"]{0,500}))?/u.exec(
      line,
    )?.groups
  if (match === undefined || !isAnswered(match['method'], match['status'])) return undefined
  return eventOf({
    atMs: ncsaTime(match['time'] ?? ''),
    key: match['target'] ?? '',
    session: `${match['host']} ${match['agent'] ?? ''}`,
    family: undefined,
    scope: undefined,
  })
}

function eventOf(fields: {
  atMs: number
  key: string
  session: string | undefined
  family: string | undefined
  scope: string | undefined
}): UsageEvent | undefined {
  const { atMs, key, session } = fields
  if (!Number.isFinite(atMs) || key === '' || key === '-' || key.length > 4096) return undefined
  // A path tells where it lives: /live/shop?prompt=… is asked of the scope shop, others belong to their first folder.
  const place = /^\/(?:live\/)?(?<folder>[^/?]{1,64})[/?]/u.exec(key)?.groups?.['folder']
  return {
    atMs,
    key,
    scope: fields.scope || (key.startsWith('/live/') ? place : undefined) || 'default',
    family: fields.family || place || 'default',
    ...(session === undefined || session === '' ? {} : { session }),
  }
}

/** Only what was asked for with GET and answered counts: posts, errors and redirects are no demand for a picture. */
function isAnswered(method: string | undefined, status: string | undefined): boolean {
  if (method !== undefined && method !== '' && method !== 'GET') return false
  return status === undefined || status === '' || /^(?:2\d\d|304)$/u.test(status)
}

/** `GET /a HTTP/1.1` as `/a`; anything else as it is. */
function requestTarget(value: string): string {
  return /^(?:GET|HEAD) (?<target>\S+)(?: HTTP\/[\d.]+)?$/u.exec(value)?.groups?.['target'] ?? value
}

/** Seconds or milliseconds since 1970, or a date as ISO 8601 writes it; without a zone it is UTC. */
export function timeOf(text: string): number {
  const value = text.trim()
  if (/^\d{9,10}(?:\.\d+)?$/u.test(value)) return Math.round(Number(value) * 1000)
  if (/^\d{12,14}$/u.test(value)) return Number(value)
  if (/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:/u.test(value)) return ncsaTime(value)
  const iso = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/u.test(value)
    ? `${value.replace(' ', 'T')}Z`
    : value
  return /^\d{4}-\d{2}-\d{2}/u.test(iso) ? Date.parse(iso) : Number.NaN
}

function ncsaTime(text: string): number {
  const [, day, month, year, clock, zone] =
    /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2})(?: ([+-]\d{4}))?$/u.exec(text) ?? []
  return Date.parse(`${day} ${month} ${year} ${clock} ${zone ?? '+0000'}`)
}

/** The values of one line of a CSV: RFC 4180, quoted values on one line. */
export function csvValues(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const values: string[] = []
  let value = ''
  let isQuoted = false
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? ''
    if (isQuoted && character === '"' && line[index + 1] === '"') {
      value += '"'
      index++
    } else if (character === '"') isQuoted = !isQuoted
    else if (character === ',' && !isQuoted) {
      values.push(value)
      value = ''
    } else value += character
  }
  values.push(value)
  return values
}
