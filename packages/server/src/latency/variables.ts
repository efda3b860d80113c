import { z } from 'zod'
import type { Parsed, Variable } from '../config-variable.ts'
import { defineVariable, httpUrl } from '../config-variable.ts'

/** Where traces and metrics are sent; absent: nowhere. */
export interface OtlpConfig {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  /** Of traces that begin here: the share that is recorded. */
  readonly sampledShare: number
}

/** Environment variables of OpenTelemetry, by its own names; `config.ts` parses them with all others. */
export const otlpVariables: {
  OTEL_EXPORTER_OTLP_ENDPOINT: Variable<string | undefined>
  OTEL_EXPORTER_OTLP_HEADERS: Variable<Record<string, string>>
  OTEL_SERVICE_NAME: Variable<string>
  OTEL_TRACES_SAMPLER_ARG: Variable<number>
} = {
  OTEL_EXPORTER_OTLP_ENDPOINT: defineVariable(
    '(off)',
    'Where traces and metrics are sent, as OTLP over HTTP in JSON: http://collector:4318.',
    httpUrl(),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: defineVariable(
    '',
    'Headers sent with them: name=value, separated by commas, values percent-encoded.',
    z
      .string()
      .optional()
      .transform((text, context): Record<string, string> => {
        const headers = parseHeaders(text ?? '')
        if (headers !== undefined) return headers
        // The value may be a secret: it is not repeated.
        context.issues.push({ code: 'custom', message: 'must look like name=value,name=value', input: '' })
        return z.NEVER
      }),
  ),
  OTEL_SERVICE_NAME: defineVariable(
    'darkroom',
    'The name of this service in traces and metrics.',
    z
      .string()
      .optional()
      .transform((name) => name ?? 'darkroom'),
  ),
  OTEL_TRACES_SAMPLER_ARG: defineVariable(
    '1',
    'The share of traces that begin here and are recorded, 0 to 1; a caller’s own decision is followed.',
    z
      .string()
      .regex(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/u, 'must be a number from 0 to 1')
      .optional()
      .transform((text) => Number(text ?? 1)),
  ),
}

function parseHeaders(text: string): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const match = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([\u0021-\u007e]*)\s*$/u.exec(part)
    if (match?.[1] === undefined) return undefined
    try {
      headers[match[1]] = decodeURIComponent(match[2] ?? '')
    } catch {
      return undefined
    }
  }
  return headers
}

/** `undefined` where nothing is to be sent. */
export function otlpConfigOf(parsed: Parsed<typeof otlpVariables>): OtlpConfig | undefined {
  const endpoint = parsed.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return undefined
  return Object.freeze({
    endpoint,
    headers: parsed.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: parsed.OTEL_SERVICE_NAME,
    sampledShare: parsed.OTEL_TRACES_SAMPLER_ARG,
  })
}
