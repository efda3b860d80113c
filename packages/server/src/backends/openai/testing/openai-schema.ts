import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { TestContext } from 'vitest'

/** The schemas of OpenAI's Images API that tests use. */
export type OpenAISchemaName =
  | 'CreateImageRequest'
  | 'ImagesResponse'
  | 'ImageGenPartialImageEvent'
  | 'ImageGenCompletedEvent'

/** The faults of a value against one schema; none means valid. */
export type SchemaCheck = (name: OpenAISchemaName, value: unknown) => string[]

/** A check against OpenAI's published schemas; skips the test on a machine that does not have them. */
export function schemasOrSkip(context: TestContext): SchemaCheck {
  return (
    loadSchemas() ??
    context.skip('openai-images.schema.json is not here: set DARKROOM_FIXTURES to its folder')
  )
}

function loadSchemas(): SchemaCheck | undefined {
  const folder =
    process.env['DARKROOM_FIXTURES'] ?? resolve(import.meta.dirname, '../../../../../../../shared/fixtures')
  const path = resolve(folder, 'openai-images.schema.json')
  if (!existsSync(path)) return undefined
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addFormat('unixtime', {
    type: 'number',
    validate: (seconds: number) => Number.isInteger(seconds) && seconds >= 0,
  })
  ajv.addFormat('binary', true)
  ajv.addSchema(JSON.parse(readFileSync(path, 'utf8')) as object)
  return (name, value) => {
    const validate = ajv.getSchema(`o#/components/schemas/${name}`)
    if (validate === undefined) throw new Error(`There is no schema ${name}`)
    return validate(value) === true
      ? []
      : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`)
  }
}
