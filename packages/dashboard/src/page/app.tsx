import type { ComponentType, VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { askJson } from './api/call.ts'
import { epoch } from './api/connection.ts'
import { about, key, keyWanted } from './api/session.ts'
import type { About } from './api/shapes.ts'
import { AwayBanner } from './parts/away-banner.tsx'
import { Bar } from './parts/bar.tsx'
import { KeyGate } from './parts/key-gate.tsx'
import type { View } from './route.ts'
import { view } from './route.ts'
import { DashboardView } from './views/dashboard/dashboard-view.tsx'

/** Loaded when they are looked at: the dashboard does not carry them. */
const others: Readonly<Record<Exclude<View, 'dashboard'>, () => Promise<ComponentType>>> = {
  playground: async () => (await import('./views/playground/playground-view.tsx')).PlaygroundView,
  reference: async () => (await import('./views/reference/reference-view.tsx')).ReferenceView,
}

const titles: Readonly<Record<View, string>> = {
  dashboard: 'Dashboard',
  playground: 'Playground',
  reference: 'API reference',
}

/** The whole page: what every view has, and one of the three. */
export function App(): VNode {
  const shown = view.value
  useAbout()
  useEffect(() => {
    document.title = `${titles[shown]} · Darkroom`
  }, [shown])
  // The reference is open to all, as the document that it shows.
  const gate = keyWanted.value !== undefined && shown !== 'reference'
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <Bar />
      <AwayBanner />
      <main id="content" tabIndex={-1}>
        {gate ? <KeyGate /> : shown === 'dashboard' ? <DashboardView /> : <LazyView name={shown} />}
      </main>
    </>
  )
}

/** What is after `#` belongs to the views: the link moves the focus alone. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#content')?.focus()
}

/** Asks once what the server is, before anything else is asked. */
function useAbout(): void {
  const round = epoch.value
  useEffect(() => {
    askJson<About>('/dashboard/about.json')
      .then((told) => {
        if (told.access === 'on' && key.peek() === null) keyWanted.value = 'missing'
        about.value = told
      })
      .catch(() => {
        // The banner says that the server is away; it is asked again when it is back.
      })
  }, [round])
}

function LazyView({ name }: { name: Exclude<View, 'dashboard'> }): VNode {
  const loaded = useSignal<{ name: string; Shown: ComponentType } | undefined>(undefined)
  const failed = useSignal(false)
  const round = epoch.value
  useEffect(() => {
    failed.value = false
    others[name]().then(
      (Shown) => (loaded.value = { name, Shown }),
      () => (failed.value = true),
    )
  }, [name, round])
  if (loaded.value?.name === name) return <loaded.value.Shown />
  if (failed.value) {
    return (
      <div class="column">
        <p class="note">
          This view could not be loaded. The server may be away, or newer than this page:{' '}
          <a href="">load the page again</a>.
        </p>
      </div>
    )
  }
  return (
    <p class="column quiet" role="status">
      Loading…
    </p>
  )
}
