/** The parts of an OpenAPI 3.1 document that this page shows. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string }
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, Schema> }
}

export interface Operation {
  operationId?: string
  summary?: string
  parameters?: Parameter[]
  requestBody?: { description?: string; content?: Record<string, { schema?: Schema }> }
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
}

/** A JSON Schema, as far as it is shown. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  title?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  example?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

/** One operation of the document with its address. */
export interface Listed {
  id: string
  method: string
  path: string
  operation: Operation
}

/** Operations in groups by what they are about. */
export interface Group {
  name: string
  operations: Listed[]
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** The document's operations by the first word of their path that says what they are about. */
export function groupsOf({ paths }: ApiDocument): Group[] {
  const listed = Object.entries(paths).flatMap(([path, operations]) =>
    methods.flatMap((method): Listed[] => {
      const operation = operations[method]
      return operation === undefined
        ? []
        : [{ id: operation.operationId ?? `${method} ${path}`, method, path, operation }]
    }),
  )
  const groups = Map.groupBy(listed, ({ path }) => groupOf(path))
  const rank = (name: string): number => (name === 'pages' ? 2 : name === 'health' ? 1 : 0)
  return [...groups]
    .map(([name, operations]) => ({ name, operations }))
    .toSorted((one, other) => rank(one.name) - rank(other.name))
}

function groupOf(path: string): string {
  if (path.startsWith('/live/') || path === '/images/{id}') return 'pictures'
  const match = /^\/v1\/(?<name>[a-z]+)/u.exec(path)
  if (match?.groups?.['name'] !== undefined) return match.groups['name']
  return /z$|^\/metrics|openapi/u.test(path) ? 'health' : 'pages'
}

/** What a schema takes, in a few words: `integer, 0 to 10`, `one of a, b`. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => String(value)).join(', ')}`
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.map(typeOf).join(' or ')
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything')
  if (type === 'array') return schema.items === undefined ? 'list' : `list of ${typeOf(schema.items)}`
  return [type, schema.format, ...boundsOf(schema)].filter((word) => word !== undefined).join(', ')
}

function boundsOf({ minimum, maximum, minLength, maxLength }: Schema): string[] {
  const words = []
  // Zod writes the largest safe integer where there is no bound.
  const hasMaximum = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  const hasMinimum = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER
  if (hasMinimum && hasMaximum) words.push(`${minimum} to ${maximum}`)
  else if (hasMinimum) words.push(`at least ${minimum}`)
  else if (hasMaximum) words.push(`at most ${maximum}`)
  if (maxLength !== undefined) words.push(`at most ${maxLength} characters`)
  else if (minLength !== undefined) words.push(`at least ${minLength} characters`)
  return words
}

/** The schema that a schema refers to, or itself. */
export function resolved(schema: Schema, document: ApiDocument): Schema {
  if (schema.$ref === undefined) return schema
  return document.components?.schemas?.[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}
}

/** A command that sends this request. */
export function curlOf({ method, path, operation }: Listed): string {
  const required = (operation.parameters ?? []).filter(
    (each) => each.in === 'query' && each.required === true,
  )
  const query = required.map(({ name }) => `${name}=…`).join('&')
  const content = Object.keys(operation.requestBody?.content ?? {})[0]
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${location.origin}${path}${query === '' ? '' : `?${query}`}'`,
    ...(content === undefined ? [] : [`-H 'content-type: ${content}'`]),
    ...(content === 'application/json' ? [`-d '${JSON.stringify(exampleOf(operation))}'`] : []),
  ]
  return lines.join(' \\\n  ')
}

function exampleOf({ requestBody }: Operation): Record<string, unknown> {
  const schema = requestBody?.content?.['application/json']?.schema
  const entries = Object.entries(schema?.properties ?? {}).filter(
    ([name]) => schema?.required?.includes(name) === true,
  )
  return Object.fromEntries(
    entries.map(([name, { example, type }]) => [name, example ?? (type === 'array' ? [] : '…')]),
  )
}
