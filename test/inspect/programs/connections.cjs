const { Agent, get } = require('node:http')
const agent = new Agent({ maxSockets: 2, keepAlive: true })
const ask = (number) =>
  new Promise((resolve) =>
    get(`${process.env.ORIGIN}/slow/${number}`, { agent }, (response) =>
      response.resume().on('end', resolve),
    ),
  )
Promise.all([1, 2, 3, 4, 5, 6].map((number) => ask(number))).then(() => {
  console.log('asked')
  agent.destroy()
})
