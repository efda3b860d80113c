const origin = process.env.ORIGIN
async function loadBase() {
  const response = await fetch(`${origin}/photo?token=s3cr3t-value`)
  return new Uint8Array(await response.arrayBuffer())
}
async function renderSlide(title) {
  const base = await loadBase()
  return base.byteLength + title.length
}
const sizes = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((title) => renderSlide(title)))
console.log(sizes.join())
