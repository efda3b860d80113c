const { Agent, get } = require('node:http')
const agent = new Agent({ keepAlive: true, maxSockets: 20 })
const count = Number(process.env.COUNT)
const ask = (number) =>
  new Promise((resolve, reject) =>
    get(`${process.env.ORIGIN}/status?n=${number}`, { agent }, (response) =>
      response.resume().on('end', resolve),
    ).on('error', reject),
  )
async function main() {
  let next = 0
  const lane = async () => {
    while (next < count) await ask((next += 1))
  }
  const lanes = []
  for (let index = 0; index < 20; index += 1) lanes.push(lane())
  await Promise.all(lanes)
  agent.destroy()
  console.log(count)
}
main()
