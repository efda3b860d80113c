import type { SlideText } from '../../packages/carousel/src/slide.ts'

/** What a carousel is made of. */
export interface Ask {
  url: string
  slides: readonly SlideText[]
  /** Ours alone: only the slides of these indexes. */
  only?: readonly number[] | undefined
}

/** Makes a carousel of a URL; resolves with the bytes of all its slides together. */
export type MakeCarousel = (ask: Ask) => Promise<number>

/** A way to make carousels: what it is called, what it does, and its code, loaded in a process of its own. */
export interface Variant {
  about: string
  /** A library of others, with the modules that must be installed somewhere; measured when asked for. */
  peers?: readonly string[]
  load: () => Promise<MakeCarousel>
}

/** From the worst to ours. `download` makes no slides: it is what any of them must wait for. */
export const variants = {
  download: {
    about: 'the bare download',
    load: async () => {
      const { download } = await import('./naive.ts')
      return async ({ url }) => (await download(url)).byteLength
    },
  },
  naive: {
    about: 'each slide: download, decode, stats(), SVG with shadow, composite, encode',
    load: () => naive({ shared: 'nothing', shadow: true }),
  },
  'naive-no-shadow': {
    about: 'the same without the shadow, the dearest part of its SVG',
    load: () => naive({ shared: 'nothing', shadow: false }),
  },
  'fetch-once': {
    about: 'one download; the rest for each slide',
    load: () => naive({ shared: 'download', shadow: true }),
  },
  'decode-once': {
    about: 'one download, one decode, one stats(); SVG, composite, encode for each slide',
    load: () => naive({ shared: 'decode', shadow: true }),
  },
  canvas: {
    about: 'one download; Skia (@napi-rs/canvas) draws photograph, gradient and text, and encodes',
    peers: [],
    load: async () => (await import('./peers.ts')).loadCanvas(),
  },
  'satori-resvg': {
    about: 'one download, one decode; satori and resvg draw the text, sharp composites and encodes',
    peers: ['satori', '@resvg/resvg-js', '@fontsource/inter/files/inter-latin-400-normal.woff'],
    load: async () => (await import('./peers.ts')).loadSatori(),
  },
  'vercel-og': {
    about: 'the same with @vercel/og',
    peers: ['@vercel/og', '@fontsource/inter/files/inter-latin-400-normal.woff'],
    load: async () => (await import('./peers.ts')).loadVercelOg(),
  },
  darkroom: {
    about: '@darkroom/carousel',
    load: async () => {
      const { makeDarkroom } = await import('./darkroom.ts')
      return makeDarkroom
    },
  },
} as const satisfies Record<string, Variant>

export type VariantName = keyof typeof variants

async function naive(options: {
  shared: 'nothing' | 'download' | 'decode'
  shadow: boolean
}): Promise<MakeCarousel> {
  const { makeNaive } = await import('./naive.ts')
  return async ({ url, slides }) => {
    const made = await makeNaive(url, slides, options)
    return made.reduce((sum, bytes) => sum + bytes.byteLength, 0)
  }
}
