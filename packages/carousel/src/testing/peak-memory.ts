import { writeFileSync } from 'node:fs'
import { createCarouselMaker } from '../carousel-maker.ts'
import { testSlides } from './test-bases.ts'

// Run as a process of its own: `node peak-memory.ts <slides to make, of six> <base>` prints its peak RSS in bytes.
const [, , wanted = '6', base = 'photo.jpg'] = process.argv
const maker = createCarouselMaker()
const only = Array.from({ length: Number(wanted) }, (_, index) => index)
for await (const slide of maker.make({ base, slides: testSlides(6), only })) {
  if (slide.status === 'rejected') throw slide.reason
}
await maker.close()
// `maxRSS` is in KiB on every system that Node runs on.
writeFileSync(1, `${process.resourceUsage().maxRSS * 1024}\n`)
