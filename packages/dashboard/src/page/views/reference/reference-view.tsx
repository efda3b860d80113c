import '../../styles/reference.css'
import { useComputed, useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useResource } from '../../api/resource.ts'
import { Answer } from '../../parts/panel.tsx'
import { fragment } from '../../route.ts'
import type { ApiDocument, Group } from './document.ts'
import { groupsOf } from './document.ts'
import { OperationCard } from './operation-card.tsx'

/** The whole API, from the document that the server itself answers requests by. */
export function ReferenceView(): VNode {
  const url = useComputed(() => '/openapi.json')
  const { loaded, reload } = useResource<ApiDocument>(url, { open: true })
  return (
    <div class="reference">
      <Answer loaded={loaded.value} reload={reload} lines={12}>
        {(document) => <Reference document={document} />}
      </Answer>
    </div>
  )
}

function Reference({ document: api }: { document: ApiDocument }): VNode {
  const search = useSignal('')
  const groups = useComputed(() => found(groupsOf(api), search.value))
  const target = fragment.value
  useEffect(() => {
    if (target !== '') document.querySelector(`#${CSS.escape(target)}`)?.scrollIntoView()
  }, [target])
  const shown = groups.value
  return (
    <>
      <nav class="contents" aria-label="Operations">
        <label class="hidden" for="api-search">
          Find an operation
        </label>
        <input
          id="api-search"
          type="search"
          placeholder="Find an operation"
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
        />
        {shown.map(({ name, operations }) => (
          <div key={name}>
            <p class="contents-group">{name}</p>
            <ul>
              {operations.map(({ id, method, path }) => (
                <li key={id}>
                  <a href={`#${id}`}>
                    <span class={`method ${method}`}>{method}</span>
                    <span class="contents-path">{path.replace('/v1/', '')}</span>
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div class="operations">
        <h1>API reference</h1>
        <p class="lead">
          {api.info.description} <span class="quiet">Version {api.info.version}.</span>
        </p>
        <p class="quiet">
          This page is made of <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1), which is made of the
          objects that answer the requests. With access on, send a key as{' '}
          <code>Authorization: Bearer dk_…</code>.
        </p>
        {shown.length === 0 && <p role="status">No operation has these words.</p>}
        {shown.map(({ name, operations }) => (
          <section key={name} aria-labelledby={`group-${name}`}>
            <h2 id={`group-${name}`}>{name}</h2>
            {operations.map((listed) => (
              <OperationCard key={listed.id} listed={listed} document={api} />
            ))}
          </section>
        ))}
      </div>
    </>
  )
}

function found(groups: readonly Group[], words: string): Group[] {
  const wanted = words.trim().toLowerCase()
  return groups
    .map(({ name, operations }) => ({
      name,
      operations: operations.filter(({ method, path, operation }) =>
        `${method} ${path} ${operation.summary ?? ''}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ operations }) => operations.length > 0)
}
