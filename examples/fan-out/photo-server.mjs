import { createServer } from 'node:http'

/** The photo: one megabyte. */
const photo = Buffer.alloc(1_000_000, 'photo ')
const chunkBytes = 40_000
const chunkMs = 5

/**
 * A server on this machine behind a line of 8 MB/s, which all downloads share in turn: as a phone's, or a small
 * server's. It ends with the program.
 * @returns {Promise<string>} the address of the photo
 */
export async function servePhoto() {
  const downloads = []
  const server = createServer((_request, response) => downloads.push({ response, sent: 0 }))
  const line = setInterval(() => {
    const download = downloads.shift()
    if (download === undefined) return
    download.response.write(photo.subarray(download.sent, download.sent + chunkBytes))
    download.sent += chunkBytes
    if (download.sent >= photo.length) download.response.end()
    else downloads.push(download)
  }, chunkMs)
  server.unref()
  line.unref()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${server.address().port}/photo.jpg`
}
