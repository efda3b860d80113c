import type { CarouselMaker } from './carousel-maker.ts'
import { createCarouselMaker } from './carousel-maker.ts'
import type { CarouselRequest } from './carousel-request.ts'
import type { Carousel } from './carousel.ts'

let shared: CarouselMaker | undefined

/**
 * Makes a carousel with a maker of default options that all calls of a process share: public URLs, paths, bytes.
 * @example
 * for await (const slide of createCarousel({ base: 'photo.jpg', slides })) {
 *   if (slide.status === 'fulfilled') await writeFile(`${slide.index + 1}.jpg`, slide.value.bytes)
 * }
 * @throws CarouselError naming the parameter
 */
export function createCarousel(request: CarouselRequest): Carousel {
  shared ??= createCarouselMaker()
  return shared.make(request)
}
