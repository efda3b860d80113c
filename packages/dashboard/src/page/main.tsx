import { render } from 'preact'
import { App } from './app.tsx'
import { followOverview } from './api/overview.ts'

const root = document.querySelector('#page')
if (root !== null) {
  root.replaceChildren()
  render(<App />, root)
  followOverview()
}
