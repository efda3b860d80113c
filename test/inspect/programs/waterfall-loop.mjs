let total = 0
for (const name of ['ant', 'bee', 'cow', 'dog']) {
  const response = await fetch(`${process.env.ORIGIN}/slow/${name}`)
  total += (await response.text()).length
}
console.log(total)
