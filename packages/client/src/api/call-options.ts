/** What every call takes. */
export interface CallOptions {
  /** Ends the call, and what it waits for. The work itself goes on; `cancel` withdraws it. */
  signal?: AbortSignal | undefined
}

/** What a call takes that asks for work. */
export interface AskOptions extends CallOptions {
  /** So long the answer may wait for the work, in seconds, at most 120. */
  waitS?: number | undefined
  /** Repeats under one key do their work once, for 24 hours. Without it the client makes one a call, for its own retries. */
  idempotencyKey?: string | undefined
}

export interface ListOptions extends CallOptions {
  /** Records a page, 1 to 100. */
  pageSize?: number | undefined
}

/** `Prefer` (RFC 7240) and, where it is asked for, `Idempotency-Key`. */
export function askHeaders(waitS: number, idempotencyKey?: string): Record<string, string> {
  const prefer = waitS > 0 ? `wait=${Math.ceil(waitS)}` : 'respond-async'
  return idempotencyKey === undefined ? { prefer } : { prefer, 'idempotency-key': idempotencyKey }
}

/** 128 random bits. Not `randomUUID`: on pages without HTTPS browsers do not have it. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function isSettled(status: string): boolean {
  return status === 'stored' || status === 'failed' || status === 'cancelled'
}
