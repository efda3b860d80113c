import { DarkroomImg } from './darkroom-img.ts'

export { DarkroomImg } from './darkroom-img.ts'
export { LiveError } from './live-pictures.ts'
export { configureResizing } from './page.ts'

/** Importing this in a page defines `<darkroom-img>`; elsewhere it does nothing. */
export const elementName = 'darkroom-img'

if (typeof customElements !== 'undefined' && customElements.get(elementName) === undefined) {
  customElements.define(elementName, DarkroomImg)
}

declare global {
  interface HTMLElementTagNameMap {
    'darkroom-img': DarkroomImg
  }
}
