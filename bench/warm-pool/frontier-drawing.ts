import type { Point } from './frontier.ts'
import { frontier } from './frontier.ts'

/** One panel of the drawing. */
export interface FrontierPanel {
  title: string
  families: readonly { name: string; points: readonly Point[] }[]
  /** Settings of our own policy; the first is the one that is used. */
  ours: readonly Point[]
  clairvoyantHours: number
}

const widthPx = 460
const heightPx = 330
const left = 60
const bottom = 46
const top = 40
const colours = ['#6b7280', '#b45309', '#0369a1', '#7c3aed', '#be123c']

/** P99 wait against GPU-hours, a panel a load: as SVG. */
export function drawFrontiers(panels: readonly FrontierPanel[]): string {
  const columns = Math.min(2, panels.length)
  const rows = Math.ceil(panels.length / columns)
  const drawn = panels.map((panel, index) => {
    const x = (index % columns) * widthPx
    const y = Math.floor(index / columns) * heightPx
    return `<g transform="translate(${x} ${y})">${drawPanel(panel)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * widthPx} ${rows * heightPx}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function drawPanel({ title, families, ours, clairvoyantHours }: FrontierPanel): string {
  const all = [...families.flatMap(({ points }) => points), ...ours]
  const longest = 170
  const most = Math.max(...ours.map((point) => point.gpuHours), clairvoyantHours) * 2.2
  const x = (p99S: number): string =>
    (left + (Math.min(p99S, longest) / longest) * (widthPx - left - 16)).toFixed(1)
  const y = (hours: number): string =>
    (heightPx - bottom - (Math.min(hours, most) / most) * (heightPx - bottom - top)).toFixed(1)
  const within = (point: Point): boolean => point.gpuHours <= most && point.p99S <= longest
  const parts = [
    `<text x="${left}" y="18" font-size="13" font-weight="600">${title}</text>`,
    `<path d="M${left} ${top}V${heightPx - bottom}H${widthPx - 16}" fill="none" stroke="#9ca3af"/>`,
    `<text x="${widthPx - 16}" y="${heightPx - 12}" text-anchor="end">P99 wait, s</text>`,
    `<text x="12" y="${top - 8}">GPU-hours</text>`,
    ...[0, 50, 100, 150].map(
      (s) => `<text x="${x(s)}" y="${heightPx - bottom + 16}" text-anchor="middle">${s}</text>`,
    ),
    ...[0.25, 0.5, 0.75, 1].map(
      (share) =>
        `<text x="${left - 6}" y="${y(most * share)}" text-anchor="end">${Math.round(most * share)}</text>`,
    ),
    `<path d="M${left} ${y(clairvoyantHours)}H${widthPx - 16}" stroke="#16a34a" stroke-dasharray="2 4"/>`,
    `<text x="${widthPx - 18}" y="${Number(y(clairvoyantHours)) - 4}" text-anchor="end" fill="#16a34a">knows all, nobody waits</text>`,
  ]
  families.forEach(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? '#000'
    const line = frontier(points).filter(within)
    parts.push(
      `<polyline points="${line.map((point) => `${x(point.p99S)},${y(point.gpuHours)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      ...points
        .filter(within)
        .map((point) => `<circle cx="${x(point.p99S)}" cy="${y(point.gpuHours)}" r="2" fill="${colour}"/>`),
      `<text x="${widthPx - 150}" y="${top + 6 + index * 14}" fill="${colour}">${name}</text>`,
    )
  })
  const [used] = ours
  parts.push(
    `<polyline points="${frontier(ours)
      .map((point) => `${x(point.p99S)},${y(point.gpuHours)}`)
      .join(' ')}" fill="none" stroke="#111" stroke-width="1.5" stroke-dasharray="4 2"/>`,
    used === undefined ? '' : `<circle cx="${x(used.p99S)}" cy="${y(used.gpuHours)}" r="5" fill="#111"/>`,
    `<text x="${widthPx - 150}" y="${top + 6 + families.length * 14}" font-weight="600">Darkroom</text>`,
  )
  return all.length === 0 ? '' : parts.join('\n')
}
