const statuses = await Promise.all(
  [1, 2, 3, 4, 5, 6].map(async (number) => {
    const response = await fetch(`${process.env.ORIGIN}/limited/${number}`)
    await response.text()
    return response.status
  }),
)
console.log(statuses.length)
