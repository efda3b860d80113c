/** A bucket, how to reach it and who we are there. */
export interface S3Location {
  /** `https://host[:port]`, without the bucket: requests name it in their path, which every S3 understands. */
  endpoint: string
  bucket: string
  /** Before every object's name; empty, or ends in `/`. */
  prefix: string
  region: string
  accessKeyId: string
  secretAccessKey: string
}

/** Names that every S3 accepts (Amazon S3 User Guide, "Bucket naming rules"). */
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u
const prefixPattern = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/u

/**
 * `s3://bucket/some/prefix` in parts; `undefined` when it is none.
 * A prefix has the letters that objects' names have, so that nothing in it needs encoding.
 */
export function parseS3Url(text: string): { bucket: string; prefix: string } | undefined {
  const match = /^s3:\/\/(?<bucket>[^/]+)(?<path>\/.*)?$/u.exec(text)
  const bucket = match?.groups?.['bucket']
  if (bucket === undefined || !bucketPattern.test(bucket)) return undefined
  const path = (match?.groups?.['path'] ?? '').replace(/^\//u, '')
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`
  return prefixPattern.test(prefix) ? { bucket, prefix } : undefined
}
