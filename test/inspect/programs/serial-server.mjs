await Promise.all(
  [1, 2, 3, 4, 5, 6].map(async (number) => (await fetch(`${process.env.ORIGIN}/serial/${number}`)).text()),
)
console.log('served')
