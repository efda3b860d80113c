import { Agent, get } from 'node:http'

// Many different pages, eight at a time: a pool is no fan-out that repeats, and its lanes are no waterfall.
const count = Number(process.env['PAGES'] ?? 80)
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
const page = (number) =>
  new Promise((resolve, reject) => {
    get(`${process.env['ORIGIN']}/${process.env['KIND'] ?? 'slow'}/${number}`, { agent }, (response) => {
      response.on('data', () => undefined).on('end', resolve)
    }).on('error', reject)
  })
let next = 0
const lane = async () => {
  while (next < count) await page((next += 1))
}
await Promise.all(Array.from({ length: 8 }, lane))
agent.destroy()
console.log(next)
