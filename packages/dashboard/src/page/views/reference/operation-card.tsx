import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { Copy } from '../../parts/copy.tsx'
import type { ApiDocument, Listed, Parameter } from './document.ts'
import { curlOf, typeOf } from './document.ts'
import { Fields } from './fields.tsx'

/** One operation: what it takes and what it answers. Its parts are drawn when it is opened. */
export function OperationCard({ listed, document }: { listed: Listed; document: ApiDocument }): VNode {
  const { id, method, path, operation } = listed
  const isOpen = useSignal(location.hash === `#${id}`)
  return (
    <details
      class="operation"
      id={id}
      open={isOpen.value}
      onToggle={(event) => (isOpen.value = event.currentTarget.open)}
    >
      <summary>
        <span class={`method ${method}`}>{method}</span>
        <code class="path">{path}</code>
        <span class="summary">{operation.summary}</span>
      </summary>
      {isOpen.value && <Parts listed={listed} document={document} />}
    </details>
  )
}

function Parts({ listed, document }: { listed: Listed; document: ApiDocument }): VNode {
  const { parameters = [], requestBody, responses = {} } = listed.operation
  return (
    <div class="operation-parts">
      {parameters.length > 0 && <Parameters parameters={parameters} />}
      {requestBody !== undefined && (
        <>
          <h3>Body</h3>
          {requestBody.description !== undefined && <p>{requestBody.description}</p>}
          {Object.entries(requestBody.content ?? {}).map(([mediaType, { schema }]) => (
            <div key={mediaType}>
              <p class="quiet">
                <code>{mediaType}</code>
              </p>
              {schema !== undefined && <Fields schema={schema} document={document} depth={0} />}
            </div>
          ))}
        </>
      )}
      <h3>Answers</h3>
      <ul class="answers">
        {Object.entries(responses).map(([status, { description, content = {} }]) => (
          <li key={status}>
            <span class={`status-code s${status[0]}`}>{status}</span>
            <div>
              <p>{description}</p>
              {Object.entries(content).map(([mediaType, { schema }]) => (
                <details key={mediaType} class="schema">
                  <summary>
                    <code>{mediaType}</code>{' '}
                    {schema !== undefined && <span class="quiet">{typeOf(schema)}</span>}
                  </summary>
                  {schema !== undefined && <Fields schema={schema} document={document} depth={0} />}
                </details>
              ))}
            </div>
          </li>
        ))}
      </ul>
      <Copy label="With curl" text={curlOf(listed)} />
    </div>
  )
}

function Parameters({ parameters }: { parameters: readonly Parameter[] }): VNode {
  return (
    <>
      <h3>Parameters</h3>
      <dl class="fields">
        {parameters.map(({ name, in: place, required, description, schema }) => (
          <div key={`${place} ${name}`}>
            <dt>
              <code>{name}</code> <span class="quiet">{place}</span>
              {required === true && <span class="required">required</span>}
            </dt>
            <dd>
              <span class="field-type">{schema === undefined ? '' : typeOf(schema)}</span>
              {description ?? schema?.description}
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}
