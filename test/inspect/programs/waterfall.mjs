const get = async (path) => (await fetch(`${process.env.ORIGIN}${path}`)).text()
async function page() {
  const first = await get('/slow/profile')
  const second = await get('/slow/weather')
  return first.length + second.length
}
console.log(await page())
