import { fileURLToPath } from 'node:url'

/** What the page is made of; only a checkout has it. */
export const sourceFolder: string = fileURLToPath(new URL('./page/', import.meta.url))

/** Where a checkout keeps what vite made: one folder for each state of the sources. */
export const checkoutBuilds: string = fileURLToPath(new URL('../dist/', import.meta.url))

/** What a published package carries: the same distance from `src/` and from the packed `dist/`. */
export const packedBuild: string = fileURLToPath(new URL('../dist/page/', import.meta.url))

/** The program that builds, started as a process of its own: vite and its 36 MB never enter a server. */
export const buildProgram: string = fileURLToPath(new URL('./build/main.ts', import.meta.url))

/** In each build: what it is made of. */
export const manifestName = 'manifest.json'
