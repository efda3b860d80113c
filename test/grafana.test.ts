import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exposition } from '../packages/server/src/latency/exposition.ts'
import { createMeasurements } from '../packages/server/src/latency/measurements.ts'

const path = new URL('../examples/grafana/darkroom.json', import.meta.url)

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string; refId: string }[] }[]
}

/** What a gateway exposes once each thing has happened. */
function exposed(openMetrics: boolean): string {
  const measurements = createMeasurements()
  const stages = measurements.stages()
  stages.add('queue', 3)
  const labels = { route: '/live/{scope}', cacheClass: 'miss', scope: 'a', model: 'b' } as const
  measurements.record(labels, stages, 5, 'x"y\\z')
  measurements.ledger.record({ kind: 'generation', axis: 'time', how: 'cached', durationMs: 1 })
  const gauges = ['darkroom_edge_bytes', 'darkroom_edge_entries', 'process_resident_memory_bytes']
  return exposition({
    ...measurements.totals(),
    gauges: gauges.map((name) => ({ name, help: 'h', value: 1 })),
    version: '1',
    openMetrics,
  })
}

test('every metric and label that the Grafana dashboard asks for is one that a gateway exposes', async () => {
  const dashboard = JSON.parse(await readFile(path, 'utf8')) as Dashboard
  const lines = exposed(false).split('\n')
  const names = new Set(lines.map((line) => /^[a-z_]+/u.exec(line)?.[0]))
  const labels = new Set(
    lines.flatMap((line) => [...line.matchAll(/[{,]([a-z]+)="/gu)].map(([, name]) => name)),
  )
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  expect(expressions.length).toBeGreaterThan(10)
  for (const expr of expressions) {
    const asked = [...expr.matchAll(/\b(?:darkroom|process)_[a-z_]+/gu)].map(([name]) => name)
    expect(asked.length, expr).toBeGreaterThan(0)
    for (const name of asked) expect(names, expr).toContain(name)
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/gu)].flatMap(([, list = '']) => list.split(/,\s*/u))
    const filtered = [...expr.matchAll(/[{,]([a-z]+)(?:=~|=)"/gu)].map(([, name]) => name)
    // Prometheus itself adds `job` and `instance`.
    for (const name of [...grouped, ...filtered].filter((each) => each !== 'job')) {
      expect(labels, expr).toContain(name)
    }
  }
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
})

test('an exposition is well-formed: types before samples, buckets that only rise, escaped labels', () => {
  for (const openMetrics of [false, true]) {
    const text = exposed(openMetrics)
    const typed = new Set<string>()
    const buckets = new Map<string, number>()
    for (const line of text.trimEnd().split('\n')) {
      const type = /^# TYPE (\S+) (?:counter|gauge|histogram)$/u.exec(line)?.[1]
      if (type !== undefined) typed.add(type)
      if (line.startsWith('#')) continue
      const sample =
        /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? -?[\d.e+-]+( # \{[a-z_]+="(?:[^"\\]|\\.)*"\} [\d.e-]+ [\d.]+)?$/u.exec(
          line,
        )
      expect(sample, line).not.toBeNull()
      const [, name = '', labels = '', exemplar] = sample ?? []
      const family = name.replace(/_(?:bucket|sum|count)$/u, '')
      const known = [family, name, name.replace(/_total$/u, '')].some((each) => typed.has(each))
      expect(known, line).toBe(true)
      if (exemplar !== undefined) expect(openMetrics).toBe(true)
      if (!name.endsWith('_bucket')) continue
      const series = name + labels.replace(/,?le="[^"]*"/u, '')
      const value = Number(/ ([\d.]+)(?: #|$)/u.exec(line)?.[1])
      expect(value).toBeGreaterThanOrEqual(buckets.get(series) ?? 0)
      buckets.set(series, value)
    }
    expect(buckets.size).toBeGreaterThan(0)
    expect(text.includes('x\\"y\\\\z')).toBe(openMetrics)
    expect(text.endsWith('# EOF\n')).toBe(openMetrics)
  }
})
