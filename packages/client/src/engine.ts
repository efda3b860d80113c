/** What caches answer differs from engine to engine, in ways that cannot be asked for. */
export const isChromium: boolean = says('userAgent', 'Chrom')
/** Safari, every browser on iOS, and GTK's. */
export const isWebkit: boolean = says('vendor', 'Apple')

/** On a server there is no navigator, or one that says little. */
function says(name: 'userAgent' | 'vendor', word: string): boolean {
  return globalThis.navigator?.[name]?.includes(word) ?? false
}
