/** Writes bytes and milliseconds below each picture. */

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const milliseconds = (ms) => `${ms.toFixed(1)} ms`

function requestOf(url) {
  return performance.getEntriesByName(url, 'resource').find((entry) => entry.initiatorType === 'img')
}

/** What a request cost: bytes of the answer, and the server's own time for making it. */
function costOf(url) {
  const entry = requestOf(url)
  const encodeMs = entry?.serverTiming.find(({ name }) => name === 'encode')?.duration ?? 0
  return { bytes: entry?.encodedBodySize ?? 0, encodeMs }
}

async function serverMade() {
  const sum = { bytes: 0, encodeMs: 0 }
  for (const figure of document.querySelectorAll('#server figure')) {
    const image = figure.querySelector('img')
    await image.decode()
    const { bytes, encodeMs } = costOf(image.currentSrc)
    figure.querySelector('output').textContent = `${kilobytes(bytes)}, encode ${milliseconds(encodeMs)}`
    sum.bytes += bytes
    sum.encodeMs += encodeMs
  }
  document.querySelector('#server p output').textContent =
    `${kilobytes(sum.bytes)} and ${milliseconds(sum.encodeMs)} of the server.`
}

async function clientMade() {
  const urls = new Set()
  let madeMs = 0
  const tell = () => {
    const sum = { bytes: 0, encodeMs: 0 }
    for (const url of urls) {
      const { bytes, encodeMs } = costOf(url)
      sum.bytes += bytes
      sum.encodeMs += encodeMs
    }
    document.querySelector('#client p output').textContent =
      `${kilobytes(sum.bytes)}, ${milliseconds(sum.encodeMs)} of the server and ${milliseconds(madeMs)} of this device.`
  }
  for (const figure of document.querySelectorAll('#client figure')) {
    const element = figure.querySelector('darkroom-img')
    element.addEventListener('made', ({ detail }) => {
      madeMs += detail.durationMs
      figure.querySelector('output').textContent = `0 kB, made in ${milliseconds(detail.durationMs)}`
      tell()
    })
    await element.decode()
    urls.add(element.currentSrc)
    const output = figure.querySelector('output')
    if (output.textContent === '…') output.textContent = 'from the shared rung'
    tell()
  }
}

await customElements.whenDefined('darkroom-img')
await Promise.all([serverMade(), clientMade()])
document.documentElement.dataset.ready = ''
