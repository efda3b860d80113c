import { createHash } from 'node:crypto'
import { milliseconds, terminalReport } from './terminal.ts'
import type { Report, TimelineEntry } from './report.ts'

const style = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #5b6470; --line: #dfe3e8; --back: #ffffff; --panel: #f6f7f9;
  --plain: #9fb1c7; --duplicates: #d1242f; --outputs: #b45309; --waterfalls: #7c3aed; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ed; --soft: #9aa4b1; --line: #30363d; --back: #0f1318; --panel: #171c23;
  --plain: #4d6580; --duplicates: #ff6b6b; --outputs: #f0a04b; --waterfalls: #b794f6; } }
body { margin: 0 auto; padding: 24px; max-width: 1200px; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 16px; margin: 28px 0 8px; }
p { margin: 0; color: var(--soft); } pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin: 16px 0 0;
  white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.55 ui-monospace, monospace; }
svg { display: block; width: 100%; height: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
svg text { fill: var(--text); font: 12px ui-monospace, monospace; } svg .soft { fill: var(--soft); font-size: 11px; }
svg line { stroke: var(--line); } .plain { fill: var(--plain); } .duplicates { fill: var(--duplicates); } .outputs { fill: var(--outputs); } .waterfalls { fill: var(--waterfalls); }
ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 0 0 10px; color: var(--soft); font-size: 13px; }
li svg { display: inline-block; width: 12px; height: 12px; border: 0; border-radius: 3px; vertical-align: -1px; margin-right: 6px; }
`

const legend = {
  duplicates: 'brought again',
  outputs: 'meets at one output',
  waterfalls: 'could start earlier',
  plain: 'other work',
} as const

/**
 * The report as one page that loads nothing: no script, no font, no picture, and a policy that forbids them.
 * @param title what was run
 */
export function htmlReport(report: Report, title: string): string {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`
  const classes = Object.entries(legend).map(
    ([name, text]) =>
      `<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${name}" width="12" height="12"/></svg>${text}</li>`,
  )
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}: shared work</title><style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    `<p>${milliseconds(report.totals.durationMs)}, ${report.fanOuts.length} fan-outs with work in them</p>`,
    `<pre>${escaped(terminalReport(report))}</pre>`,
    `<h2>Who did what when</h2><ul>${classes.join('')}</ul>`,
    picture(report.timeline),
    '</body></html>',
    '',
  ].join('\n')
}

const widthPx = 1160
const labelPx = 400
const rowPx = 20
const topPx = 30
const labelCharacters = 52

function picture(entries: readonly TimelineEntry[]): string {
  const beginMs = Math.min(...entries.map(({ startMs }) => startMs))
  const endMs = Math.max(...entries.map((entry) => entry.endMs))
  if (entries.length === 0) return '<p>Nothing was fetched, read, written or decoded.</p>'
  const scale = (widthPx - labelPx - 90) / Math.max(1, endMs - beginMs)
  const heightPx = topPx + entries.length * rowPx + 10
  const ticks = Array.from({ length: 6 }, (_, index) => {
    const ms = ((endMs - beginMs) * index) / 5
    const x = round(labelPx + ms * scale)
    return `<line x1="${x}" y1="22" x2="${x}" y2="${heightPx}"/><text class="soft" x="${x}" y="15" text-anchor="middle">${milliseconds(ms)}</text>`
  })
  const rows = entries.map((entry, index) =>
    row(entry, topPx + index * rowPx, labelPx + (entry.startMs - beginMs) * scale, scale),
  )
  return `<svg viewBox="0 0 ${widthPx} ${heightPx}" role="img" aria-label="The work of the run as bars over time">${ticks.join('')}${rows.join('')}</svg>`
}

function row(entry: TimelineEntry, y: number, x: number, scale: number): string {
  const lengthMs = entry.endMs - entry.startMs
  const barPx = Math.max(2, lengthMs * scale)
  const name = `${entry.kind} ${entry.resource.replace(/^https?:\/\//u, '')}`
  const label =
    name.length > labelCharacters ? `${name.slice(0, 16)}…${name.slice(-(labelCharacters - 17))}` : name
  const full = `${entry.kind} ${entry.resource}\n${entry.at}\n${milliseconds(lengthMs)}, process ${entry.process}`
  return [
    `<g><title>${escaped(full)}</title>`,
    `<text x="10" y="${y + 14}">${escaped(label)}</text>`,
    `<rect class="${entry.finding?.list ?? 'plain'}" x="${round(x)}" y="${y + 4}" width="${round(barPx)}" height="12" rx="2"/>`,
    `<text class="soft" x="${round(x + barPx + 5)}" y="${y + 14}">${milliseconds(lengthMs)}</text></g>`,
  ].join('')
}

function round(px: number): string {
  return px.toFixed(1)
}

function escaped(text: string): string {
  // Control characters are no part of XML, and a terminal's codes no part of a page.
  // eslint-disable-next-line no-control-regex
  const plain = text.replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F]/gu, '�')
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
