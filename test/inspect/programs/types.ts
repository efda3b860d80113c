interface Slide {
  title: string
}
async function loadBase(url: string): Promise<number> {
  const response: Response = await fetch(url)
  return (await response.arrayBuffer()).byteLength
}
const slides: Slide[] = [{ title: 'a' }, { title: 'b' }, { title: 'c' }]
const sizes = await Promise.all(
  slides.map(async ({ title }) => (await loadBase(`${process.env['ORIGIN']}/photo`)) + title.length),
)
console.log(sizes.join())
