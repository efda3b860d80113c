import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { doubledName } from '../../request/doubled-name.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads a JSON file by a schema.
 * @throws UsageError with the file, and the line and column or the place (`slides[2].title`) of its first fault
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readPart(path)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${path} is no UTF-8: save it in that encoding.`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const doubled = doubledName(text)
  if (doubled !== undefined) {
    throw new UsageError(`${path}: ${JSON.stringify(doubled)} is given twice in one place; give it once.`)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  // A misspelt field is the reason for one that is missing.
  const { issues } = parsed.error
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  throw new UsageError(`${path}: ${placeOf(issue?.path ?? [])}${wordsOf(issue)}`)
}

/** A file's bytes. @throws UsageError naming it when it cannot be read */
export async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new UsageError(`${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}`)
  }
}

/** `slides[2].title: `. */
function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return ''
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return `${place.replace(/^\./u, '')}: `
}

function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code !== 'unrecognized_keys') return issue?.message ?? 'is not valid'
  return `there is no field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
}
