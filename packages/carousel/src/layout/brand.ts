/** What stays the same on all slides of one sender. */
export interface Brand {
  /** `#rrggbb`: buttons, rules, emphasis. Adjusted where contrast demands it. */
  color?: string | undefined
  /** As shown, with its `@` if it has one. */
  handle?: string | undefined
  /** Bytes of a picture, best with transparency. */
  logo?: Uint8Array | undefined
  /** `1/6` on each slide. Default true. */
  pageMark?: boolean | undefined
  /** A small sign on all slides but the last that there is more. Default true. */
  swipeCue?: boolean | undefined
  /** Font files (TTF, OTF, WOFF2) that come before the theme's own. */
  fonts?: { title?: Uint8Array | undefined; body?: Uint8Array | undefined } | undefined
}
