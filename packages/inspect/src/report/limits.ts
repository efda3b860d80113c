import type { Report } from './report.ts'
import { findingLists } from './report.ts'

/** How many findings of a list are allowed. */
export type FindingLimits = Partial<Record<(typeof findingLists)[number], number>>

/**
 * Reads `duplicates=0` or `duplicates=0,outputs=2`.
 * @throws RangeError with what is wrong with it
 */
export function parseLimits(text: string): FindingLimits {
  const limits: FindingLimits = {}
  for (const part of text.split(',')) {
    const match = /^(?<list>\w+)=(?<most>\d+)$/u.exec(part.trim())
    const list = findingLists.find((known) => known === match?.groups?.['list'])
    if (list === undefined)
      throw new RangeError(
        `"${part}" is no limit: write ${findingLists.map((known) => `${known}=0`).join(', ')}`,
      )
    limits[list] = Number(match?.groups?.['most'])
  }
  return limits
}

/** One sentence for each limit that is exceeded. */
export function exceededLimits(report: Report, limits: FindingLimits): string[] {
  return findingLists.flatMap((list) => {
    const most = limits[list]
    const count = report[list].length
    return most === undefined || count <= most ? [] : [`${list}: ${count}, and ${most} allowed`]
  })
}
