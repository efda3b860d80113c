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

/** One variable of the environment: how it is read, and what the documentation says. */
export interface Variable<T> {
  schema: z.ZodType<T, string | undefined>
  /** As the documentation prints it. */
  fallback: string
  about: string
}

/** Writes the type down that a table's row has. */
export function defineVariable<T>(
  fallback: string,
  about: string,
  schema: z.ZodType<T, string | undefined>,
): Variable<T> {
  return { schema, fallback, about }
}

/** A whole number in decimal digits. */
export function integer(min: number, max: number, fallback: number): z.ZodType<number, string | undefined> {
  return z
    .string()
    .regex(/^\d{1,15}$/u, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .optional()
    .transform((value) => value ?? fallback)
}

/** An http(s) URL without its last slashes. */
export function httpUrl(): z.ZodType<string | undefined, string | undefined> {
  return z
    .url({ protocol: /^https?$/u, error: 'must be an http:// or https:// URL' })
    .transform((url) => url.replace(/\/+$/u, ''))
    .optional()
}

/** One megabyte, as limits count it. */
export const megabyte: number = 1024 * 1024

/** What a table's variables are read as. */
export type Parsed<Table extends Readonly<Record<string, { schema: z.ZodType }>>> = {
  [Name in keyof Table]: z.output<Table[Name]['schema']>
}

/** Parses the variables of one table. @throws ConfigError with all faults */
export function parseVariables<Table extends Readonly<Record<string, { schema: z.ZodType }>>>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): Parsed<Table> {
  const faults: ConfigFault[] = []
  const parsed: Record<string, unknown> = {}
  for (const [name, { schema }] of Object.entries(table)) {
    const text = environment[name]
    const result = schema.safeParse(text === '' ? undefined : text)
    if (result.success) parsed[name] = result.data
    else faults.push({ variable: name, message: result.error.issues[0]?.message ?? 'is not valid' })
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return parsed as Parsed<Table>
}
