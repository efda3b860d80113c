import { z } from 'zod'

/** Thrown with every fault of the configuration at once, each naming its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]

  constructor(faults: readonly ConfigFault[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n` +
        faults
          .map(
            (fault) =>
              `  ${fault.variable}: ${fault.message} (docs/configuration.md#${anchorOf(fault.variable)})`,
          )
          .join('\n'),
    )
    this.faults = faults
  }
}

export interface ConfigFault {
  variable: string
  message: string
}

function anchorOf(variable: string): string {
  return variable.toLowerCase()
}

/** One environment variable: how it is read, and what the documentation says of it. */
export interface Variable<T> {
  schema: z.ZodType<T, string | undefined>
  /** As the documentation prints it. */
  fallback: string
  about: string
}

export function defineVariable<T>(
  fallback: string,
  about: string,
  schema: z.ZodType<T, string | undefined>,
): Variable<T> {
  return { schema, fallback, about }
}

/** A whole number within bounds. */
export function integer(min: number, max: number, fallback: number): z.ZodType<number, string | undefined> {
  return z
    .string()
    .regex(/^\d{1,15}$/u, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .optional()
    .transform((value) => value ?? fallback)
}

/** A number of a written form, without a default. */
export function optionalNumber(
  form: RegExp,
  message: string,
): z.ZodType<number | undefined, string | undefined> {
  return z.string().regex(form, message).transform(Number).optional()
}

/** An http or https URL, without slashes at its end. */
export function httpUrl(): z.ZodType<string | undefined, string | undefined> {
  return z
    .url({ protocol: /^https?$/u, error: 'must be an http:// or https:// URL' })
    .transform((url) => url.replace(/\/+$/u, ''))
    .optional()
}
