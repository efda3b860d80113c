import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
const file = await readFile(process.env.PICTURE)
const sizes = await Promise.all(
  [100, 200, 300].map(async (width) => (await sharp(file).resize(width).raw().toBuffer()).length),
)
console.log(sizes.join())
