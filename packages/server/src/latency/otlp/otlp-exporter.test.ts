import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMeasurements } from '../measurements.ts'
import type { OtlpExporter } from './otlp-exporter.ts'
import { startOtlpExporter } from './otlp-exporter.ts'

/** A collector that takes what it is sent and never answers. */
const collector = createServer()
const asked: string[] = []
let warnings = 0

beforeEach(async () => {
  asked.length = 0
  warnings = 0
  collector.removeAllListeners('request')
  collector.on('request', (request) => asked.push(request.url ?? ''))
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
})
afterEach(() => {
  collector.closeAllConnections()
  collector.close()
})

function start(closeMs: number): OtlpExporter {
  const { port } = collector.address() as AddressInfo
  return startOtlpExporter({
    endpoint: `http://127.0.0.1:${port}`,
    headers: {},
    serviceName: 'darkroom',
    sampledShare: 1,
    version: '1',
    instanceId: 'a',
    measurements: createMeasurements(),
    now: () => 0,
    log: { warn: () => (warnings += 1) },
    traceIntervalMs: 5,
    metricIntervalMs: 5,
    closeMs,
  })
}

function end(exporter: OtlpExporter): void {
  const context = exporter.tracer.begin(undefined)
  const span = { context, parentSpanId: undefined, name: 'a', kind: 'server', startMs: 0, endMs: 1 } as const
  exporter.tracer.end({ ...span, attributes: {}, stages: [], failed: false })
}

test('a collector that never answers is asked one thing at a time, and does not hold up the end', async () => {
  const exporter = start(50)
  for (let index = 0; index < 2000; index += 1) end(exporter)
  while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  // Many turns of the clock later.
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(asked.toSorted()).toEqual(['/v1/metrics', '/v1/traces'])
  await exporter.close()
  expect(asked.length).toBeLessThanOrEqual(4)
  expect(warnings).toBe(1)
})
