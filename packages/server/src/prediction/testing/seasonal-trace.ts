import { createDraw } from '../draw.ts'
import { createTraceBuilder } from '../replay/trace.ts'
import type { Trace } from '../replay/trace.ts'
import type { UsageEvent } from '../usage-event.ts'
import { dayMs, minuteMs } from '../usage-event.ts'

const articles = 240
const seasonDays = 24

/**
 * A shop in which time matters: an article is wanted for some weeks and then not, its variations are wanted together,
 * and new articles come in runs of neighbouring codes. A third of the requests are noise.
 */
export function seasonalEvents({
  days,
  perDay,
  seed,
}: {
  days: number
  perDay: number
  seed: number
}): UsageEvent[] {
  const draw = createDraw(seed)
  const firstDay = 20_000
  const events: UsageEvent[] = []
  for (let day = 0; day < days; day++) {
    const inSeason = Array.from({ length: articles }, (_, index) => index).filter(
      (index) => (day + index * 7) % (seasonDays * 4) < seasonDays,
    )
    for (let index = 0; index < perDay; index++) {
      const isNoise = draw('noise', day, index) < 0.33
      const pool = isNoise ? articles : inSeason.length
      // Squared, so that some are asked for far more than others.
      const place = Math.floor(draw('article', day, index) ** 2 * pool)
      const article = isNoise ? place : (inSeason[place] ?? 0)
      const atMs = (firstDay + day) * dayMs + Math.floor((8 + 10 * draw('time', day, index)) * 60) * minuteMs
      const code = `${70_000 + article * 11}`
      const first = Math.floor(draw('variation', day, index) * 3)
      const session = `${day}-${index}`
      events.push(eventOf(atMs, `${code}${'ABC'[first]}`, session))
      if (!isNoise && draw('together', day, index) < 0.6)
        events.push(eventOf(atMs + 5 * minuteMs, `${code}${'ABC'[(first + 1) % 3]}`, session))
    }
  }
  return events.toSorted((a, b) => a.atMs - b.atMs)
}

export function traceOf(events: Iterable<UsageEvent>): Trace {
  const builder = createTraceBuilder()
  for (const event of events) builder.add(event)
  return builder.finish()
}

function eventOf(atMs: number, key: string, session: string): UsageEvent {
  return { atMs, key, session, scope: 'shop', family: 'shop' }
}
