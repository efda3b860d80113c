const { get } = require('node:http')
function download(url) {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let bytes = 0
      response.on('data', (chunk) => (bytes += chunk.length))
      response.on('end', () => resolve(bytes))
    }).on('error', reject)
  })
}
async function main() {
  const sizes = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async () => {
      return download(`${process.env.ORIGIN}/photo`)
    }),
  )
  console.log(sizes.join())
}
main()
