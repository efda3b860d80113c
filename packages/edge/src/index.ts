export type { CacheHeadersOptions } from './cache-headers.ts'
export { cacheHeaders } from './cache-headers.ts'
export { BrokenBodyError } from './body/shared-body.ts'
export { createEdge } from './edge.ts'
export type {
  Edge,
  EdgeFetchOptions,
  EdgeLog,
  EdgeOptions,
  EdgeStats,
  InformCaller,
  MayForward,
  Origin,
  OriginContext,
  OriginReason,
  PeekedAnswer,
  PeekRequest,
  PurgeRequest,
} from './edge-options.ts'
export type { FieldLookup, HeaderList } from './headers/header-list.ts'
export type { Freshness } from './policy/freshness.ts'
export type { EdgeListenerOptions } from './http/edge-listener.ts'
export { createEdgeListener, viaNameOfProcess } from './http/edge-listener.ts'
export type { HttpOrigin, HttpOriginOptions } from './http/http-origin.ts'
export { createHttpOrigin, OriginError } from './http/http-origin.ts'
export type { CacheProfile } from './policy/profile.ts'
export { conformanceProfile, safeProfile } from './policy/profile.ts'
export type { VaryFold } from './policy/vary.ts'
export type { HonoLikeContext, NodeLikeResponse } from './set-cache-headers.ts'
export { setCacheHeaders } from './set-cache-headers.ts'
export type { EdgeStore, EdgeStoreStats, StoredEntry, StoredResponse } from './store/edge-store.ts'
export { purgeNames } from './store/edge-store.ts'
export type { MemoryEdgeStoreOptions } from './store/memory-edge-store.ts'
export { createMemoryEdgeStore } from './store/memory-edge-store.ts'
export type {
  CdnAdapter,
  CdnFetch,
  CdnOptions,
  CdnOutcome,
  CdnPurge,
  CdnTarget,
} from './purge/cdn-adapter.ts'
export type { BunnyOptions } from './purge/bunny.ts'
export { createBunny } from './purge/bunny.ts'
export type { CloudFrontOptions, SignAwsRequest } from './purge/cloudfront.ts'
export { createCloudFront } from './purge/cloudfront.ts'
export type { CloudflareOptions } from './purge/cloudflare.ts'
export { createCloudflare } from './purge/cloudflare.ts'
export type { FastlyOptions } from './purge/fastly.ts'
export { createFastly } from './purge/fastly.ts'
export { purgeInBatches } from './purge/purge-in-batches.ts'
export type { VarnishOptions } from './purge/varnish.ts'
export { createVarnish } from './purge/varnish.ts'
export type { CdnAnswer, CdnTagField, FieldChanges } from './tags/cdn-fields.ts'
export { cdnFields, cdnTagFields } from './tags/cdn-fields.ts'
export type { Fill } from './tags/purge-epochs.ts'
export { maxTagLength, surrogateTag } from './tags/surrogate-tags.ts'
