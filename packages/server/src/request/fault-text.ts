import type { z } from 'zod'

/** How fields are written in JSON, by name. What is not here is said by its type. */
const examples: Readonly<Record<string, string>> = {
  ar: '"16:9"',
  base: '{"url": "https://…"}, {"image": "img_…"} or {"prompt": "…"}',
  brand: '{"color": "#0a7d5a"}',
  image: '{"image": "img_…"} or {"url": "https://…"}',
  images: '["img_…"]',
  logo: '{"image": "img_…"} or {"url": "https://…"}',
  mask: '{"image": "img_…"} or {"url": "https://…"}',
  references: '[{"image": "img_…"}]',
  rights: '["read", "generate"]',
  scopes: '["shop"]',
  size: '"1024x768"',
  slides: '[{"kind": "hook", "title": "…"}, {"kind": "cta", "title": "…"}]',
  tags: '["spring"]',
  urls: '["https://…"]',
  webhook: '"https://…"',
}

/** Fields that are a picture: a plain text is the likeliest slip. */
const pictureFields: ReadonlySet<string> = new Set(['image', 'mask', 'logo', 'base', 'references'])

/**
 * What to change, as the end of a sentence that begins with the field's name, where a schema says nothing of its own:
 * the library's words are for programmers. `undefined` leaves them as they are.
 */
export function faultText(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      return typeFault(issue.expected, issue.input, issue.path ?? [])
    }
    case 'invalid_value': {
      return `must be ${listed(issue.values.map((value) => JSON.stringify(value)))}`
    }
    case 'too_big': {
      return `${verbOf(issue.origin)} at most ${String(issue.maximum)}${unitOf(issue.origin)}`
    }
    case 'too_small': {
      return `${verbOf(issue.origin)} at least ${String(issue.minimum)}${unitOf(issue.origin)}`
    }
    default: {
      return undefined
    }
  }
}

function typeFault(expected: string, input: unknown, path: readonly PropertyKey[]): string {
  const like = exampleOf(path)
  if (input === undefined) return `is required${like}`
  if (input === null) return `must not be null: leave it out, or give one${like}`
  switch (expected) {
    case 'string': {
      const isPlain = typeof input === 'number' || typeof input === 'boolean'
      return `must be text in quotes${isPlain && like === '' ? `: write "${input}"` : like}`
    }
    case 'number':
    case 'int': {
      return isNumber(input) ? `must be a number: write ${input}, without quotes` : 'must be a number, like 2'
    }
    case 'boolean': {
      return 'must be true or false, without quotes'
    }
    case 'array': {
      return `must be a list in brackets${like}`
    }
    case 'object': {
      return path.length === 0
        ? 'must be a JSON object in braces, like {"name": "text"}'
        : objectFault(input, path, like)
    }
    default: {
      return `must be of another type${like}`
    }
  }
}

function objectFault(input: unknown, path: readonly PropertyKey[], like: string): string {
  if (typeof input === 'string' && pictureFields.has(nameOf(path))) {
    if (/^img_[\w-]{32}$/u.test(input)) return `must be an object: write {"image": "${input}"}`
    if (/^https?:\/\//iu.test(input)) return 'must be an object: write {"url": "https://…"}'
  }
  return `must be an object in braces${like}`
}

/** How the field is written; an entry of a list as the list without its brackets. */
function exampleOf(path: readonly PropertyKey[]): string {
  const example = examples[nameOf(path)]
  if (example === undefined) return ''
  const isEntry = typeof path.at(-1) === 'number'
  return `, like ${isEntry ? example.slice(1, -1) : example}`
}

/** The last name of a path: numbers are places in a list of that name. */
function nameOf(path: readonly PropertyKey[]): string {
  return path.findLast((part) => typeof part === 'string') ?? ''
}

function isNumber(input: unknown): input is string {
  return typeof input === 'string' && /^-?\d{1,15}(?:\.\d{1,9})?$/u.test(input)
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function verbOf(origin: string): string {
  return origin === 'array' || origin === 'string' ? 'must have' : 'must be'
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' entries'
  return origin === 'string' ? ' characters' : ''
}
