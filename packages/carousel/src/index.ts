export type {
  ArchivedCarousel,
  ArchivedPicture,
  ArchiveSlide,
  SlideFailure,
} from './archive/archive-slide.ts'
export { slideFailure, slideFileName } from './archive/archive-slide.ts'
export type { Manifest, ManifestFacts, ManifestSlide } from './archive/manifest.ts'
export type { PrintedCarousel } from './archive/pdf-carousel.ts'
export { pdfCarousel } from './archive/pdf-carousel.ts'
export type { ZippedCarousel } from './archive/zip-carousel.ts'
export { zipCarousel } from './archive/zip-carousel.ts'
export type { CarouselErrorCode } from './carousel-error.ts'
export { CarouselError } from './carousel-error.ts'
export type { BaseInput, CarouselRequest, SlideFormat, SlideSize } from './carousel-request.ts'
export type { Face, Frame, FrameAnalysis, RegionStatistics, RowRange } from './frame.ts'
export type { Brand } from './layout/brand.ts'
export type { Theme } from './layout/theme.ts'
export type { RectPx, SlideFit, SlideKind, SlideText } from './slide.ts'
export { slideKinds } from './slide.ts'
