const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as people write it: `90d`, `24h`, `30m`, `10s`; in milliseconds. `undefined`: it is none. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/u.exec(text) ?? []
  const factor = unit === undefined ? undefined : unitMs[unit]
  return count === undefined || factor === undefined ? undefined : Number(count) * factor
}
