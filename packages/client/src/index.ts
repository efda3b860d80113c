export type { ApiErrorDetail } from './api/api-error.ts'
export { ApiError } from './api/api-error.ts'
export type { AskOptions, CallOptions, ListOptions } from './api/call-options.ts'
export type { CarouselAsk, Carousels } from './api/carousels.ts'
export type { Client, ClientOptions, UploadOptions } from './api/client.ts'
export { createClient } from './api/client.ts'
export type { EventsOptions, WorkEvent } from './api/events.ts'
export type { Generations } from './api/generations.ts'
export type {
  Carousel,
  CarouselRequest,
  Generation,
  GenerationRequest,
  Image,
  ImageQuery,
  LiveQuery,
  Problem,
  PurgeRequest,
  SlideChange,
} from './api/schema.ts'
