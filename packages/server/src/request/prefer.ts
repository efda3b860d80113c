/** How long a caller wants to wait for an answer, from `Prefer` (RFC 7240). */
export interface Preference {
  waitS: number
  /** The value of `Preference-Applied`, when a preference was given and honoured. */
  applied: string | undefined
}

export const defaultWaitS: number = 30
export const maxWaitS: number = 120

/**
 * Reads `Prefer: wait=30` and `Prefer: respond-async`. Together they mean: wait so long, then answer 202
 * (RFC 7240 §4.3). What is malformed or unknown is ignored, as the RFC asks.
 */
export function readPreference(header: string | null): Preference {
  let waitS: number | undefined
  let respondAsync = false
  for (const part of (header ?? '').split(',')) {
    const [name, value] =
      part
        .split(';')[0]
        ?.split('=')
        .map((text) => text.trim()) ?? []
    if (name?.toLowerCase() === 'respond-async' && value === undefined) respondAsync = true
    if (name?.toLowerCase() === 'wait' && waitS === undefined && /^"?\d{1,6}"?$/u.test(value ?? '')) {
      waitS = Math.min(maxWaitS, Number(value?.replaceAll('"', '')))
    }
  }
  const applied = [respondAsync ? 'respond-async' : '', waitS === undefined ? '' : `wait=${waitS}`].filter(
    Boolean,
  )
  return {
    waitS: waitS ?? (respondAsync ? 0 : defaultWaitS),
    applied: applied.length === 0 ? undefined : applied.join(', '),
  }
}
