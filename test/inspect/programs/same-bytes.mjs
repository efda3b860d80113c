const names = ['photo', 'twin']
const sizes = await Promise.all(
  names.map(async (name) => (await (await fetch(`${process.env.ORIGIN}/${name}`)).arrayBuffer()).byteLength),
)
console.log(sizes.join())
