import { parseHttpDate } from '../headers/http-date.ts'
import type { CdnOptions, CdnOutcome } from './cdn-adapter.ts'

/** One request to a CDN. */
export interface CdnRequest {
  url: string
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON, unless it is text. */
  body?: unknown
}

/** How an answer is read beyond its status. */
export interface CdnCallOptions extends CdnOptions {
  /** Kept out of every reason. */
  secrets: readonly string[]
  /** What the CDN says of a failure, in its own words. */
  faultOf?: (body: string) => string | undefined
  /** Whether an answer of this status and body is something else than its status says. */
  judge?: (status: number, body: string) => CdnOutcome['outcome'] | undefined
}

/** Answers are short; of a longer one only the beginning is looked at. */
const maxBodyBytes = 64 * 1024
const maxFaultLength = 300
const defaultTimeoutMs = 20_000

/** Sends one request, once, and says what its answer means. Never throws for what the network or the CDN does. */
export async function callCdn(
  { url, method = 'POST', headers = {}, body }: CdnRequest,
  options: CdnCallOptions,
  signal: AbortSignal,
): Promise<CdnOutcome> {
  const { fetch = globalThis.fetch, now = Date.now, timeoutMs = defaultTimeoutMs, secrets } = options
  const limit = AbortSignal.timeout(timeoutMs)
  const isText = typeof body === 'string'
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      signal: AbortSignal.any([signal, limit]),
      redirect: 'manual',
    })
    const text = await bodyStart(response)
    const { status } = response
    const outcome = options.judge?.(status, text) ?? outcomeOf(status)
    if (outcome === 'done') return { outcome }
    const fault = withoutSecrets(options.faultOf?.(text) ?? '', secrets)
    const reason = `It answered ${status}${fault === '' ? '' : `: ${fault}`}${hintOf(status, outcome)}`
    if (outcome !== 'retry') return { outcome, status, reason }
    return { outcome, status, reason, retryAfterMs: retryAfterMs(response.headers.get('retry-after'), now()) }
  } catch (error) {
    const what = limit.aborted ? `It did not answer within ${timeoutMs / 1000} s` : networkFault(error)
    return { outcome: 'retry', reason: `${withoutSecrets(what, secrets)}.` }
  }
}

function outcomeOf(status: number): CdnOutcome['outcome'] {
  if (status >= 200 && status < 300) return 'done'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 408 || status === 425 || status === 429 || status >= 500) return 'retry'
  return 'refused'
}

function hintOf(status: number, outcome: CdnOutcome['outcome']): string {
  if (outcome === 'unauthorized') return ' (its key is wrong, or may not purge).'
  if (status >= 300 && status < 400)
    return ' (redirects are not followed: give the address that it leads to).'
  return '.'
}

/** At most so much of a body, whatever its length; the rest is given up. */
async function bodyStart(response: Response): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  while (bytes < maxBodyBytes) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    bytes += value.byteLength
  }
  if (bytes >= maxBodyBytes) await reader.cancel().catch(() => undefined)
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8')
}

/** In seconds or as a date (RFC 9110 section 10.2.3). @returns milliseconds from now */
function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  if (/^\d{1,9}$/u.test(value.trim())) return Number(value) * 1000
  const atMs = parseHttpDate(value, nowMs)
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs)
}

/** What kept a request from being answered: `fetch failed` alone says nothing. */
function networkFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'It could not be reached'
  const code = 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : ''
  return `It could not be reached, or broke off${code}: ${cause.message.slice(0, maxFaultLength)}`
}

/** Foreign words for a log: short, on one line, without what must not be there. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '[secret]')
  return clean.length > maxFaultLength ? `${clean.slice(0, maxFaultLength)}…` : clean
}

/** The JSON of an answer; undefined for what is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A field of what may be an object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** A field that is text. */
export function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name)
  return typeof field === 'string' && field !== '' ? field : undefined
}
