/** What lies between two places where a line may end; shares of the font size. */
export interface Piece {
  start: number
  /** Without the space that follows it. */
  end: number
  width: number
  /** Of the space that follows it. */
  gap: number
  ascent: number
  descent: number
  /** Of ending a line after it, 0 to 1. */
  cost: number
  /** A line must end after it. */
  required: boolean
}

/** Pieces `from` to `to - 1`. */
export interface WrappedLine {
  from: number
  to: number
}

/** As many pieces in each line as go in. A piece that is too wide alone has a line of its own. */
export function wrapGreedily(pieces: readonly Piece[], limit: number): WrappedLine[] {
  const lines: WrappedLine[] = []
  let from = 0
  let width = 0
  for (const [i, piece] of pieces.entries()) {
    if (i > from && width + piece.width > limit) {
      lines.push({ from, to: i })
      from = i
      width = 0
    }
    width += piece.width + piece.gap
    if (piece.required) {
      lines.push({ from, to: i + 1 })
      from = i + 1
      width = 0
    }
  }
  if (from < pieces.length) lines.push({ from, to: pieces.length })
  return lines
}

/** Up to so many lines are made equally long; more are filled, as in a book. */
const maxBalancedLines = 5

/**
 * As few lines as `wrapGreedily` needs, with the least raggedness, no short last line where that can be helped, and
 * breaks that disturb little. Paragraphs between required breaks are each wrapped for themselves.
 */
export function wrapEvenly(pieces: readonly Piece[], limit: number): WrappedLine[] {
  const lines: WrappedLine[] = []
  let from = 0
  for (const [i, piece] of pieces.entries()) {
    if (!piece.required && i < pieces.length - 1) continue
    const part = pieces.slice(from, i + 1)
    const offset = from
    for (const line of evenly(part, limit)) lines.push({ from: line.from + offset, to: line.to + offset })
    from = i + 1
  }
  return lines
}

interface Step {
  cost: number
  from: number
}

function evenly(pieces: readonly Piece[], limit: number): WrappedLine[] {
  const greedy = wrapGreedily(pieces, limit)
  if (greedy.length < 2) return greedy
  const ends = [0]
  for (const piece of pieces) ends.push((ends.at(-1) ?? 0) + piece.width + piece.gap)
  const widthOf = (from: number, to: number): number =>
    (ends[to] ?? 0) - (ends[from] ?? 0) - (pieces[to - 1]?.gap ?? 0)
  const count = greedy.length
  const balanced = count <= maxBalancedLines
  const target = balanced ? Math.min(limit, widthOf(0, pieces.length) / count) : limit
  const costOf = (from: number, to: number): number => {
    const width = widthOf(from, to)
    if (width > limit && to - from > 1) return Infinity
    const isLast = to === pieces.length
    const ragged = ((target - width) / limit) ** 2
    if (!isLast) return ragged + 0.15 * (pieces[to - 1]?.cost ?? 0)
    // One word alone at the end is worse than any ragged edge.
    const widow = from > 0 && to - from === 1 && width < limit / 2 ? 0.5 : 0
    return widow + (balanced || width < limit / 3 ? ragged : 0)
  }
  const earliest = earliestEnds(
    pieces.length,
    count,
    (from, to) => to - from === 1 || widthOf(from, to) <= limit,
  )
  // rows[n][to]: the best way to set the pieces before `to` in n lines.
  let row: (Step | undefined)[] = [{ cost: 0, from: 0 }]
  const rows: (Step | undefined)[][] = [row]
  for (let n = 1; n <= count; n++) {
    const next: (Step | undefined)[] = []
    const latest = greedy[n - 1]?.to ?? pieces.length
    for (let to = earliest[n] ?? n; to <= latest; to++) {
      let best: Step | undefined
      for (let from = to - 1; from >= n - 1; from--) {
        const cost = costOf(from, to)
        if (cost === Infinity) break
        const before = row[from]
        if (before === undefined) continue
        const total = before.cost + cost
        if (best === undefined || total < best.cost) best = { cost: total, from }
      }
      next[to] = best
    }
    rows.push(next)
    row = next
  }
  return pathOf(rows, pieces.length) ?? greedy
}

/** By number of lines: before which piece they may end at the earliest, so that the rest goes into the lines left. */
function earliestEnds(
  pieceCount: number,
  lineCount: number,
  goesIn: (from: number, to: number) => boolean,
): number[] {
  const ends: number[] = []
  let to = pieceCount
  for (let n = lineCount; n >= 1; n--) {
    ends[n] = to
    let from = to - 1
    while (from > 0 && goesIn(from - 1, to)) from--
    to = Math.max(from, 0)
  }
  return ends
}

function pathOf(rows: readonly (readonly (Step | undefined)[])[], end: number): WrappedLine[] | undefined {
  const lines: WrappedLine[] = []
  let to = end
  for (let n = rows.length - 1; n >= 1; n--) {
    const step = rows[n]?.[to]
    if (step === undefined) return undefined
    lines.push({ from: step.from, to })
    to = step.from
  }
  return lines.toReversed()
}
