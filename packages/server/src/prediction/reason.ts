import { minuteMs } from './usage-event.ts'

/** Why a result is made again, in words: "asked 42 times in 14 days, purged 3 min ago". */
export function rewarmReason(askedRecently: number, sinceMs: number): string {
  return `asked ${askedRecently} ${askedRecently === 1 ? 'time' : 'times'} in 14 days, purged ${agoText(sinceMs)}`
}

/** A duration as people say it. */
export function agoText(ms: number): string {
  const minutes = Math.floor(ms / minuteMs)
  if (minutes < 1) return 'just now'
  if (minutes < 120) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`
}
