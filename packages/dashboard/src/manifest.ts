/** What a build consists of, as its `manifest.json` says it. */
export interface BuildManifest {
  files: readonly BuiltFile[]
}

export interface BuiltFile {
  /** Below the build's folder, with `/`: `index.html`, `assets/main-B2k1.js`. */
  path: string
  bytes: number
  /** Of the copy beside it that ends in `.br`. */
  brotliBytes: number
  /** SHA-256 of its bytes, hexadecimal. */
  sha256: string
}
