export { builtFolder, PagesNotBuiltError } from './built-folder.ts'
export type { PageFile, Pages } from './pages.ts'
export { createPages } from './pages.ts'
