/** Caches of engines differ in ways that cannot be asked for. */
// On a server there is none, or one without a vendor.
const { userAgent = '', vendor = '' }: Partial<Navigator> = globalThis.navigator ?? {}

export const isChromium: boolean = userAgent.includes('Chrom')
/** Safari, every browser on iOS, and GTK's. */
export const isWebkit: boolean = vendor.startsWith('Apple')
