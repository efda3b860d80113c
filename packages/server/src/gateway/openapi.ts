import { z } from 'zod'
import type { AnswerDocument, Route } from './route.ts'
import {
  carouselSchema,
  generationEventSchema,
  imageSchema,
  problemSchema,
  recordSchema,
  webhookSchema,
  webhookSecretSchema,
} from './schemas.ts'

type JsonObject = Record<string, unknown>

/**
 * The OpenAPI 3.1 document, from the same objects that serve: the strict schemas that validate a query or a body
 * are the ones documented (zod's JSON Schema of their input, draft 2020-12, which 3.1 uses).
 */
export function openApiDocument(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Darkroom',
      version,
      description: 'Image generation where every unit of shared work happens exactly once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: namedSchemas() },
  }
}

function operationOf(route: Route): JsonObject {
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/gu)].map((match) => ({
      name: match[1],
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(route.query),
    ...Object.entries(route.requestHeaders ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ]
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      default: {
        description: 'What to change, in `detail`.',
        content:
          route.wire === 'openai'
            ? { 'application/json': { schema: { type: 'object', required: ['error'] } } }
            : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function operationId(route: Route): string {
  const words = route.path.split('/').map((part) => part.replaceAll(/\W/gu, ''))
  // `/dashboard` and `/dashboard/` are two paths and need two names.
  return [route.method.toLowerCase(), ...words.slice(1)].join('_')
}

function queryParameters(schema: z.ZodType | undefined): JsonObject[] {
  if (schema === undefined) return []
  const { properties, required } = schemaOf(schema, 'input') as {
    properties?: Record<string, JsonObject>
    required?: string[]
  }
  return Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: required?.includes(name) ?? false,
    schema: property,
  }))
}

function bodyOf(body: NonNullable<Route['body']>): JsonObject {
  return {
    required: true,
    ...(body.about === undefined ? {} : { description: body.about }),
    content: {
      [body.mediaType]: body.schema === undefined ? {} : { schema: schemaOf(body.schema, 'input') },
    },
  }
}

function answerOf(answer: AnswerDocument): JsonObject {
  if (answer.mediaType === undefined) return { description: answer.about }
  const content = answer.schema === undefined ? {} : { schema: schemaOf(answer.schema, 'output') }
  const events =
    answer.events === undefined ? {} : { 'text/event-stream': { schema: schemaOf(answer.events, 'output') } }
  return { description: answer.about, content: { [answer.mediaType]: content, ...events } }
}

/**
 * The JSON Schema of a zod schema. Named schemas are referred to where the whole document keeps them; a field that
 * reads text (a number in a query string) documents what it means (`meta({ document })`) and not how it is parsed.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const {
    $schema: _,
    $defs: _named,
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const meta = z.globalRegistry.get(zodSchema as unknown as z.ZodType) as
        | { document?: JsonObject }
        | undefined
      if (meta?.document === undefined) return
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonObject)[key]
      Object.assign(jsonSchema, meta.document)
    },
  })
  return JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonObject
}

/** The schemas that others refer to by name. */
function namedSchemas(): JsonObject {
  const registry = z.registry<{ id?: string }>()
  const named = [
    problemSchema,
    recordSchema,
    generationEventSchema,
    carouselSchema,
    imageSchema,
    webhookSchema,
    webhookSecretSchema,
  ]
  for (const schema of named) {
    registry.add(schema, { id: z.globalRegistry.get(schema)?.id ?? '' })
  }
  const { schemas } = z.toJSONSchema(registry, { io: 'output', unrepresentable: 'any' })
  for (const schema of Object.values(schemas) as JsonObject[]) {
    delete schema['$schema']
    delete schema['$id']
  }
  return schemas
}
