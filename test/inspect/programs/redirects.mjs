const sizes = await Promise.all(
  [1, 2, 3].map(async () => {
    const response = await fetch(`${process.env.ORIGIN}/moved`)
    return (await response.arrayBuffer()).byteLength
  }),
)
console.log(sizes.join())
