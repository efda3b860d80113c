const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const imfFixdate = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/i
const rfc850 = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i
const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i

/**
 * Reads an HTTP-date in any of its three forms (RFC 9110 section 5.6.7); milliseconds since 1970, or undefined.
 * Strict on purpose: `Date.parse` takes time zones, dates such as `0` and half of English, and a wrong expiry
 * is worse than none. Only the case of letters does not matter: nothing else could be meant.
 * @param nowMs places the two-digit years of the obsolete RFC 850 form
 */
export function parseHttpDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim()
  const fixdate = imfFixdate.exec(value)
  if (fixdate !== null) {
    const [, day, month, year, hour, minute, second] = fixdate
    return utc(year, month, day, hour, minute, second)
  }
  const old = rfc850.exec(value)
  if (old !== null) {
    const [, day, month, year, hour, minute, second] = old
    return utc(fullYear(Number(year), nowMs), month, day, hour, minute, second)
  }
  const plain = asctime.exec(value)
  if (plain === null) return undefined
  const [, month, day, hour, minute, second, year] = plain
  return utc(year, month, day, hour, minute, second)
}

/** The IMF-fixdate form of a time. */
export function formatHttpDate(timeMs: number): string {
  return new Date(timeMs).toUTCString()
}

/** A two-digit year that seems more than 50 years ahead is the most recent past year with those digits. */
function fullYear(twoDigits: number, nowMs: number): string {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return String(year > thisYear + 50 ? year - 100 : year)
}

type Digits = string | undefined

function utc(year: Digits, month: Digits, day: Digits, hour: Digits, minute: Digits, second: Digits) {
  const monthIndex = months.indexOf(month?.toLowerCase() ?? '')
  const [dayOfMonth, hours, minutes, seconds] = [Number(day), Number(hour), Number(minute), Number(second)]
  // 60 is a leap second.
  if (monthIndex < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined
  const timeMs = Date.UTC(Number(year), monthIndex, dayOfMonth, hours, minutes, Math.min(seconds, 59))
  // The 31st of a month that has 30 days rolls over in Date.UTC: such a date is invalid, not the 1st.
  return new Date(timeMs).getUTCDate() === dayOfMonth ? timeMs : undefined
}
