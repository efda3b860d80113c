import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { faultText } from './fault-text.ts'

/**
 * Reads a query string strictly: a parameter given twice is refused, since two readers (a CDN and we) may pick
 * different ones.
 * @throws DarkroomError duplicate_parameter, invalid_request (escapes that are not UTF-8, NUL)
 */
export function readQuery(url: Pick<URL, 'searchParams'>): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    if (Object.hasOwn(query, name)) {
      throw new DarkroomError('duplicate_parameter', `${clip(name)} was given twice; give it once.`, {
        param: clip(name),
      })
    }
    // URLSearchParams turns bytes that are not UTF-8 into U+FFFD; two different mistakes would then be equal.
    if (value.includes('\uFFFD')) {
      throw new DarkroomError(
        'invalid_request',
        `${clip(name)} is not valid UTF-8; percent-encode it as UTF-8.`,
        {
          param: clip(name),
        },
      )
    }
    // No text of a database can have it.
    if (value.includes('\u0000')) {
      throw new DarkroomError('invalid_request', `${clip(name)} has a NUL character (%00); remove it.`, {
        param: clip(name),
      })
    }
    Object.defineProperty(query, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return query
}

/** The query without the parameters of a signature, which was checked before. */
export function withoutSignature(query: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'sig' && name !== 'exp'))
}

/**
 * Validates input with a strict schema and turns the first fault into one sentence that says what to change.
 * @throws DarkroomError unknown_parameter, invalid_request
 */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input, { error: faultText })
  if (parsed.success) return parsed.data
  throw faultOf(parsed.error)
}

function faultOf(error: z.ZodError): DarkroomError {
  const issue = error.issues[0]
  if (issue === undefined) return new DarkroomError('invalid_request', 'The request is not valid.')
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const name = clip([...issue.path.map(String), issue.keys[0] ?? ''].join('.'))
    return new DarkroomError('unknown_parameter', `There is no parameter ${name} here; remove it.`, {
      param: name,
    })
  }
  const subject = path === '' ? 'The body' : clip(path)
  return new DarkroomError('invalid_request', `${subject}: ${issue.message}.`.replace(/\.\.$/u, '.'), {
    param: path === '' ? bodyParam(issue) : clip(path),
  })
}

/** What is at fault where no field is: the whole body, or the first of the fields of which one is wanted. */
function bodyParam(issue: z.core.$ZodIssue): string {
  const { param } = (issue.code === 'custom' ? issue.params : undefined) ?? {}
  return typeof param === 'string' ? param : 'body'
}

/** User input is repeated in errors only in part: an answer is no place for a megabyte of it. */
function clip(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`
}

/** A whole number written in a query string, without signs, exponents or white space. */
export function integerText(min: number, max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,10}$/u, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .meta({ document: { type: 'integer', minimum: min, maximum: max } })
}
