import { serverNow } from './api/clock.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** What stands where there is no number. */
export const none = '–'

/** `1,204`, and `1.2M` from a million on. */
export function count(value: number): string {
  return Math.abs(value) >= 1_000_000 ? short.format(value) : whole.format(value)
}

/** `0.42 ms`, `12 ms`, `1.3 s`, `4 min`, `2.5 h`: two or three digits that matter. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return none
  const size = Math.abs(ms)
  if (size < 1) return ms === 0 ? '0 ms' : `${digits(ms, 2)} ms`
  if (size < 999.5) return `${digits(ms, size < 10 ? 1 : 0)} ms`
  const seconds = ms / 1000
  if (Math.abs(seconds) < 99.5) return `${digits(seconds, Math.abs(seconds) < 10 ? 1 : 0)} s`
  const minutes = seconds / 60
  if (Math.abs(minutes) < 99.5) return `${digits(minutes, Math.abs(minutes) < 10 ? 1 : 0)} min`
  const hours = minutes / 60
  if (Math.abs(hours) < 72) return `${digits(hours, 1)} h`
  return `${count(hours / 24)} days`
}

/** Without a zero at the end. */
function digits(value: number, places: number): string {
  return String(Number(value.toFixed(places)))
}

/** `640 KB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${whole.format(value)} B`
  const step = value < 1e6 ? [1e3, 'KB'] : value < 1e9 ? [1e6, 'MB'] : [1e9, 'GB']
  const scaled = value / (step[0] as number)
  return `${digits(scaled, scaled < 10 ? 1 : 0)} ${step[1]}`
}

/** `92.4 %`; never 100 % while something is missing. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  const percent = value * 100
  if (percent > 99.9 && percent < 100) return '99.9 %'
  return `${digits(percent, percent < 10 || percent > 99 ? 1 : 0)} %`
}

/** `$0.04`, `$1,204`. */
export function dollars(value: number): string {
  return `$${value >= 100 ? count(value) : value.toFixed(2)}`
}

/** `3`, `0.42`, `12.5`: workers, or the part of one that work keeps busy. */
export function workers(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  const size = Math.abs(value)
  return size >= 1000 ? count(value) : digits(value, size < 10 ? 2 : size < 100 ? 1 : 0)
}

/** `0.4`, `12`: how often in a minute; what is seldom is not never. */
export function rate(perMinute: number): string {
  return perMinute < 10 ? digits(perMinute, 1) : count(perMinute)
}

/** `12 s ago`, by the server's clock. What seems to lie ahead, by less than the clocks may differ, is now. */
export function ago(at: string): string {
  const ms = serverNow() - new Date(at).getTime()
  if (!Number.isFinite(ms)) return none
  if (ms < 1500) return 'just now'
  if (ms < 60_000) return `${Math.floor(ms / 1000)} s ago`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`
  if (ms < 48 * 3_600_000) return `${Math.floor(ms / 3_600_000)} h ago`
  return `${Math.floor(ms / 86_400_000)} days ago`
}

/** The day and time of this reader's zone. */
export function moment(at: string | number): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return none
  return date.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
}
