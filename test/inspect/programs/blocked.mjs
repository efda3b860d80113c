const busy = (ms) => {
  const until = Date.now() + ms
  while (Date.now() < until);
}
await Promise.all(
  [1, 2, 3, 4].map(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    busy(120)
  }),
)
console.log('done')
