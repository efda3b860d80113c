/**
 * Makes slides of photographs × themes × scripts × kinds and puts them into one PNG, to look at them side by side.
 *
 *   npm run sheet -- [dist/carousel-sheet.png] [--photos dir|file …] [--themes a,b] [--scripts english,arabic] [--kinds hook,cta]
 *                    [--size 1080x1350] [--cell 270] [--columns 4] [--color #rrggbb] [--handle @name] [--logo file]
 *                    [--only word] [--slides dir]
 *
 * Without --photos: those of ../shared/photos and those that a program makes. Without --scripts each photograph
 * gets the next one. `--slides` writes every slide in full as well; `--only` keeps photographs of that name.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCarouselMaker, slideKinds, themes } from '@darkroom/carousel'
import type { SlideKind, SlideSize, SlideText } from '@darkroom/carousel'
import sharp from 'sharp'
import { sheetPhotos } from './carousel-sheet/photos.ts'
import type { SheetPhoto } from './carousel-sheet/photos.ts'
import { sheetTexts } from './carousel-sheet/texts.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', multiple: true },
    only: { type: 'string' },
    themes: { type: 'string', default: themes.map(({ name }) => name).join(',') },
    scripts: { type: 'string' },
    kinds: { type: 'string', default: slideKinds.join(',') },
    size: { type: 'string', default: '1080x1350' },
    cell: { type: 'string', default: '270' },
    columns: { type: 'string', default: '2' },
    color: { type: 'string' },
    handle: { type: 'string', default: '@darkroom' },
    logo: { type: 'string' },
    slides: { type: 'string' },
  },
})
const [output = 'dist/carousel-sheet.png'] = positionals
const [widthPx = 1080, heightPx = 1350] = values.size.split('x').map(Number)
const size: SlideSize = { widthPx, heightPx }
const cellWidthPx = Number(values.cell)
const cellHeightPx = Math.round((cellWidthPx * heightPx) / widthPx)
const kinds = values.kinds.split(',') as SlideKind[]
const brand = {
  handle: values.handle,
  color: values.color,
  logo: values.logo === undefined ? undefined : await readFile(values.logo),
}

/** One carousel of the sheet. */
interface Row {
  photo: SheetPhoto
  theme: string
  script: string
}

function rowsOf(photos: readonly SheetPhoto[]): Row[] {
  const names = Object.keys(sheetTexts)
  const asked = values.scripts === 'all' ? names : values.scripts?.split(',')
  let next = 0
  return photos.flatMap((photo) =>
    values.themes.split(',').flatMap((theme) => {
      const scripts = asked ?? [names[next++ % names.length] ?? 'english']
      return scripts.map((script) => ({ photo, theme, script }))
    }),
  )
}

await using maker = createCarouselMaker()

async function slidesOf({ photo, theme, script }: Row): Promise<Uint8Array[]> {
  const slides: readonly SlideText[] = sheetTexts[script] ?? []
  const only = slides.flatMap((slide, index) => (kinds.includes(slide.kind) ? [index] : []))
  const made: Uint8Array[] = []
  for await (const slide of maker.make({
    base: photo.bytes,
    slides,
    size,
    theme,
    brand,
    only,
    format: 'png',
  })) {
    if (slide.status === 'rejected') throw slide.reason
    const { fit, bytes } = slide.value
    made[slide.index] = bytes
    const { fits, fontSizePx, lines, contrastRatio, missingGlyphs } = fit
    const missing = missingGlyphs.length === 0 ? '' : ` missing ${missingGlyphs.join(' ')}`
    console.log(
      `${photo.name} · ${theme} · ${script} · ${slides[slide.index]?.kind}: ${fontSizePx.toFixed(0)} px, ${lines} lines, ` +
        `${contrastRatio}:1${fits ? '' : ', does not fit'}${missing}`,
    )
    if (values.slides !== undefined) {
      await writeFile(join(values.slides, `${photo.name}-${theme}-${script}-${slide.index + 1}.png`), bytes)
    }
  }
  return made.filter(Boolean)
}

if (values.slides !== undefined) await mkdir(values.slides, { recursive: true })
const photos = (await sheetPhotos(values.photos)).filter(({ name }) => name.includes(values.only ?? ''))
const rows = rowsOf(photos)
const gapPx = 8
const columns = Number(values.columns)
const rowWidthPx = kinds.length * (cellWidthPx + gapPx) + 2 * gapPx
const cells: { input: Buffer; left: number; top: number }[] = []
for (const [at, row] of rows.entries()) {
  for (const [column, slide] of (await slidesOf(row)).entries()) {
    cells.push({
      input: await sharp(slide).resize(cellWidthPx, cellHeightPx).png().toBuffer(),
      left: gapPx + (at % columns) * rowWidthPx + column * (cellWidthPx + gapPx),
      top: gapPx + Math.floor(at / columns) * (cellHeightPx + gapPx),
    })
  }
}
const sheet = sharp({
  create: {
    width: Math.min(columns, rows.length) * rowWidthPx,
    height: Math.ceil(rows.length / columns) * (cellHeightPx + gapPx) + gapPx,
    channels: 3,
    background: '#8a8a8a',
  },
})
await mkdir(dirname(output), { recursive: true })
await writeFile(output, await sheet.composite(cells).png().toBuffer())
console.log(`${rows.length} carousels: ${output}`)
