import { resolve } from 'node:path'
import type { S3Location } from './s3-location.ts'
import { parseS3Url } from './s3-location.ts'

/** Where objects lie: a folder, or a bucket. */
export type StorageConfig =
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 's3'; readonly location: Readonly<S3Location> }

/** What `DARKROOM_STORAGE` alone says. */
export type StoragePlace =
  | { kind: 'file'; directory: string }
  | { kind: 's3'; bucket: string; prefix: string }

/** The variables that every tool for S3 reads. */
export interface AwsVariables {
  AWS_ACCESS_KEY_ID: string | undefined
  AWS_SECRET_ACCESS_KEY: string | undefined
  AWS_REGION: string | undefined
  AWS_DEFAULT_REGION: string | undefined
  AWS_ENDPOINT_URL_S3: string | undefined
  AWS_ENDPOINT_URL: string | undefined
}

export interface StorageFault {
  variable: string
  message: string
}

/** `file:/some/folder`, `file:///some/folder`, `file:some/folder` or `s3://bucket/prefix`; `undefined` for others. */
export function parseStoragePlace(text: string): StoragePlace | undefined {
  const bucket = parseS3Url(text)
  if (bucket !== undefined) return { kind: 's3', ...bucket }
  if (!/^file:./u.test(text)) return undefined
  return { kind: 'file', directory: resolve(text.slice('file:'.length).replace(/^\/\/(?=\/)/u, '')) }
}

/** The place with what is needed to get there, or all that is wrong with it. */
export function storageConfigOf(
  place: StoragePlace,
  variables: AwsVariables,
): StorageConfig | { faults: StorageFault[] } {
  if (place.kind === 'file') return Object.freeze(place)
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables
  const faults: StorageFault[] = []
  if (accessKeyId === undefined) faults.push(needed('AWS_ACCESS_KEY_ID'))
  if (secretAccessKey === undefined) faults.push(needed('AWS_SECRET_ACCESS_KEY'))
  const region = regionOf(variables, faults)
  const endpoint = endpointOf(variables, region, faults)
  if (faults.length > 0 || accessKeyId === undefined || secretAccessKey === undefined) return { faults }
  const { bucket, prefix } = place
  const location = { endpoint, bucket, prefix, region, accessKeyId, secretAccessKey }
  return Object.freeze({ kind: 's3', location: Object.freeze(location) })
}

function needed(variable: string): StorageFault {
  return { variable, message: 'must be set for s3:// storage' }
}

function regionOf(variables: AwsVariables, faults: StorageFault[]): string {
  const variable = variables.AWS_REGION === undefined ? 'AWS_DEFAULT_REGION' : 'AWS_REGION'
  const region = variables[variable] ?? 'us-east-1'
  if (!/^[a-z0-9-]+$/u.test(region)) faults.push({ variable, message: 'must be a region like eu-central-1' })
  return region
}

function endpointOf(variables: AwsVariables, region: string, faults: StorageFault[]): string {
  const variable = variables.AWS_ENDPOINT_URL_S3 === undefined ? 'AWS_ENDPOINT_URL' : 'AWS_ENDPOINT_URL_S3'
  const text = variables[variable]
  if (text === undefined) return `https://s3.${region}.amazonaws.com`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isBase =
    url !== undefined && /^https?:$/u.test(url.protocol) && url.search + url.hash + url.username === ''
  if (!isBase) faults.push({ variable, message: 'must be an http:// or https:// URL without a query' })
  return text.replace(/\/+$/u, '')
}
