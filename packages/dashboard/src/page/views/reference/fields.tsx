import type { VNode } from 'preact'
import type { ApiDocument, Schema } from './document.ts'
import { resolved, typeOf } from './document.ts'

/** Schemas may refer to themselves: this deep is deep enough. */
const maxDepth = 5

/** The fields of a schema, with those of what they hold. */
export function Fields(props: { schema: Schema; document: ApiDocument; depth: number }): VNode | null {
  const { document, depth } = props
  const schema = resolved(props.schema, document)
  if (schema.items !== undefined) return <Fields schema={schema.items} document={document} depth={depth} />
  const properties = Object.entries(schema.properties ?? {})
  if (properties.length === 0) {
    return <p class="field-type">{[typeOf(props.schema), schema.description].filter(Boolean).join('. ')}</p>
  }
  return (
    <dl class="fields">
      {properties.map(([name, field]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
            {schema.required?.includes(name) === true && <span class="required">required</span>}
          </dt>
          <dd>
            <span class="field-type">{typeOf(field)}</span>
            {field.description}
            {field.default !== undefined && <> Default {JSON.stringify(field.default)}.</>}
            {field.example !== undefined && (
              <>
                {' '}
                Such as <code>{JSON.stringify(field.example)}</code>.
              </>
            )}
            {depth < maxDepth && hasFields(field, document) && (
              <Fields schema={field} document={document} depth={depth + 1} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function hasFields(schema: Schema, document: ApiDocument): boolean {
  const found = resolved(schema, document)
  return found.properties !== undefined || (found.items !== undefined && hasFields(found.items, document))
}
