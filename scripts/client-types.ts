import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'
import { gatewayRoutes } from '../packages/server/src/gateway/gateway.ts'
import { openApiDocument } from '../packages/server/src/gateway/openapi.ts'
import type { GatewayServices } from '../packages/server/src/gateway/services.ts'

/**
 * Writes the types of `packages/client` from the OpenAPI document: what the server validates and answers is what the
 * client takes and gives. `--check` fails when they are not current.
 */
const target = 'packages/client/src/api/schema.ts'

/** What the client calls the bodies and the query strings. */
const bodyNames: Readonly<Record<string, string>> = {
  post_v1_generations: 'GenerationRequest',
  post_v1_carousels: 'CarouselRequest',
  patch_v1_carousels_id_slides_n: 'SlideChange',
  post_v1_purge: 'PurgeRequest',
}
const queryNames: Readonly<Record<string, string>> = {
  get_live_scope: 'LiveQuery',
  get_images_id: 'ImageQuery',
}

type JsonObject = Record<string, unknown>

interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: JsonObject }[]
  requestBody?: { content: Record<string, { schema?: JsonObject }> }
}

/** Routes are only described here, so nothing of the services is used. */
const noServices = new Proxy({}, { get: (): unknown => noServices }) as GatewayServices

function definitions(): JsonObject {
  const document = openApiDocument(gatewayRoutes(noServices), '0') as {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: JsonObject }
  }
  const found: JsonObject = { ...document.components.schemas }
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    const bodyName = bodyNames[operation.operationId]
    const body = operation.requestBody?.content['application/json']?.schema
    if (bodyName !== undefined && body !== undefined) found[bodyName] = body
    const queryName = queryNames[operation.operationId]
    if (queryName !== undefined) found[queryName] = queryOf(operation)
  }
  const missing = [...Object.values(bodyNames), ...Object.values(queryNames)].filter(
    (name) => !(name in found),
  )
  if (missing.length > 0) throw new Error(`The OpenAPI document has no ${missing.join(', ')} any more.`)
  return found
}

function queryOf({ parameters = [] }: Operation): JsonObject {
  // Signatures are added by whoever signs, not asked for.
  const own = parameters.filter((each) => each.in === 'query' && each.name !== 'sig' && each.name !== 'exp')
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
    required: own.filter((each) => each.required).map((each) => each.name),
  }
}

async function typesText(): Promise<string> {
  const json = JSON.stringify({ $defs: definitions() }).replaceAll('"#/components/schemas/', '"#/$defs/')
  const schemas = JSON.parse(json) as { $defs: JsonObject }
  const properties = Object.fromEntries(
    Object.keys(schemas.$defs).map((name) => [name, { $ref: `#/$defs/${name}` }]),
  )
  const text = await compile({ ...schemas, type: 'object', properties }, 'Schemas', {
    additionalProperties: false,
    bannerComment:
      '/** The types of the API, made from its OpenAPI document by `npm run docs`. Not to be edited. */',
    format: true,
    ignoreMinAndMaxItems: true,
    style: { semi: false, singleQuote: true, printWidth: 110 },
    unreachableDefinitions: true,
  })
  // Comments that point into the schema, and the type that holds all others together, are of the tool's making.
  return text
    .replaceAll(/ *\/\*\*\n(?: *\* This interface was referenced by .*\n *\* via the .*\n)+ *\*\/\n/gu, '')
    .replaceAll(/ *\*\n *\* This interface was referenced by .*\n *\* via the .*\n/gu, '')
    .replace(/export interface Schemas \{[\s\S]*?\n\}\n/u, '')
}

const wanted = await typesText()
if (process.argv.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== wanted) {
    console.error(`${target} is not current. Run npm run docs.`)
    process.exitCode = 1
  }
} else writeFileSync(target, wanted)
