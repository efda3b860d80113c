import { hash } from 'node:crypto'

/** The tags by which cached pictures are found: the origin writes them, purges name them. */
export const pictureTags: {
  scope: (scope: string) => string
  model: (alias: string) => string
  /** A tag that a request gave its pictures: apart from ours, whatever it is called. */
  own: (tag: string) => string
  /** One canonical URL, as the edge is asked for it: a hash, since a prompt is longer than a tag may be. */
  url: (canonicalPath: string) => string
} = {
  scope: (scope) => `scope:${scope}`,
  model: (alias) => `model:${alias}`,
  own: (tag) => `tag:${tag}`,
  url: (canonicalPath) => `url:${hash('sha256', canonicalPath, 'base64url')}`,
}
