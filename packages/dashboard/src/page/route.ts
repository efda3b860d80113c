import { signal } from '@preact/signals'

/** The three views, by the paths that the server answers with this page. */
export type View = 'dashboard' | 'playground' | 'reference'

export const paths: Readonly<Record<View, string>> = {
  dashboard: '/dashboard/',
  playground: '/dashboard/playground',
  reference: '/docs',
}

export const view = signal<View>(viewOf(location.pathname))

/** What is after `#`: the thing that is looked at, `req_…` for a waterfall or an operation of the reference. */
export const fragment = signal(fragmentOf())

export function viewOf(path: string): View {
  if (path.startsWith('/docs')) return 'reference'
  return path.startsWith('/dashboard/playground') ? 'playground' : 'dashboard'
}

/** Goes to a view as a link does, without loading the page again. */
export function goTo(next: View, hash: string = ''): void {
  history.pushState(null, '', paths[next] + hash)
  read()
  scrollTo(0, 0)
}

/** Changes what is after `#`. */
export function setFragment(text: string): void {
  if (text === fragment.value) return
  history.pushState(null, '', text === '' ? location.pathname : `#${text}`)
  read()
}

function read(): void {
  view.value = viewOf(location.pathname)
  fragment.value = fragmentOf()
}

function fragmentOf(): string {
  try {
    return decodeURIComponent(location.hash.slice(1))
  } catch {
    return ''
  }
}

addEventListener('popstate', read)
addEventListener('hashchange', read)
