import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { pictureMarkup } from '../packages/client/src/element/picture-markup.ts'
import { brotliBytes, elementFiles, makeBrowserFiles } from '../scripts/browser-files.ts'
import type { TestBrowser, TestPage, TestProfile } from './support/browsers/browser.ts'
import { until as untilIn } from './support/browsers/browser.ts'
import { describeInBrowsers } from './support/browsers/browsers.ts'
import type { ModuleServer } from './support/module-server.ts'
import { startModuleServer } from './support/module-server.ts'

/** `<darkroom-img>` in real browsers, from the files that pages without a bundler get. */

let server: ModuleServer
let browser: TestBrowser
let profile: TestProfile
let page: TestPage

/** A photograph of 1600 × 1200 and its rungs, served as `/images/{id}?w=`, as the server does. */
const variants = new Map<number, Buffer>()

async function makeVariants(): Promise<void> {
  const noise = { type: 'gaussian' as const, mean: 120, sigma: 30 }
  const create = { width: 1600, height: 1200, channels: 3 as const, background: '#468', noise }
  const photo = await sharp({ create }).blur(3).png().toBuffer()
  for (const width of [384, 640, 1080, 1600])
    variants.set(width, await sharp(photo).resize({ width }).jpeg().toBuffer())
}

beforeAll(async () => {
  server = await startModuleServer(resolve(import.meta.dirname, '..'))
  await makeVariants()
  const files = await makeBrowserFiles()
  for (const [name, bytes] of Object.entries(files)) {
    server.serve(`/client/${name}`, name.endsWith('.js') ? 'text/javascript' : 'application/wasm', bytes)
  }
  server.answer('/images/', async (url) => {
    if (url.pathname.endsWith('missing')) return { status: 404, body: 'no' }
    if (url.pathname.endsWith('broken'))
      return { headers: { 'content-type': 'image/jpeg' }, body: 'no picture' }
    return {
      headers: {
        'content-type': 'image/jpeg',
        vary: 'Accept',
        'access-control-allow-origin': '*',
        'cache-control': 'public, max-age=31536000, immutable',
      },
      body: variants.get(Number(url.searchParams.get('w') ?? 1600)) ?? '',
    }
  })
}, 60_000)

afterAll(() => server.close())

interface PageOptions {
  head?: string
  /** Whether the component is loaded. */
  script?: boolean
}

/** Collects layout shifts, long tasks and events of all elements. */
const watcher = `
globalThis.shift = 0
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value }).observe({ type: 'layout-shift', buffered: true })
globalThis.events = []
for (const name of ['load', 'error', 'progress'])
  document.addEventListener(name, (event) => { if (event.target.localName === 'darkroom-img') events.push(name + ' ' + event.target.id) }, true)
`

async function open(body: string, { head = '', script = true }: PageOptions = {}): Promise<void> {
  server.forget()
  server.serve('/watcher.js', 'text/javascript', watcher)
  const component = script ? '<script type="module" src="/client/element.js"></script>' : ''
  const start = '<!doctype html><meta charset="utf-8"><link rel="icon" href="/client/none.svg">'
  server.serve('/client/none.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>')
  server.serve(
    '/page',
    'text/html; charset=utf-8',
    `${start}<script src="/watcher.js"></script>${head}${component}<body>${body}`,
  )
  page = await profile.newPage()
  await page.goto(`${server.url}/page`)
}

const until = (expression: string): Promise<void> => untilIn(page, expression)

/** Waits until all elements have loaded or failed. */
async function settled(selector = 'darkroom-img'): Promise<void> {
  await until(`[...document.querySelectorAll(${JSON.stringify(selector)})].every((each) => each.complete)`)
}

async function whenMade(selector = 'darkroom-img'): Promise<void> {
  await until(`document.querySelector(${JSON.stringify(selector)}).matches(':state(made)')`)
}

/** What was asked for; the format, which all ask the server to choose, left out. */
function pictures(): string[] {
  return server.urls
    .filter((url) => /^\/(?:images|live)\//u.test(url))
    .map((url) => url.replace('&format=auto', ''))
}

/** How far the canvas is from the image's content, at the worst side, in CSS pixels. */
async function offBy(selector = 'darkroom-img'): Promise<number> {
  return (await page.evaluate(`(() => {
    const host = document.querySelector(${JSON.stringify(selector)})
    const [a, b] = [host.querySelector('img'), host.querySelector('canvas')].map((each) => each.getBoundingClientRect())
    return Math.max(...['left', 'top', 'right', 'bottom'].map((side) => Math.abs(a[side] - b[side])))
  })()`)) as number
}

const given = pictureMarkup({
  src: '/images/a',
  alt: 'Waves',
  widthPx: 1600,
  heightPx: 1200,
  sizes: '300px',
  priority: true,
})

test('the element, its worker and the kernel are 12 KB over the wire', async () => {
  const files = await makeBrowserFiles()
  const sum = elementFiles.reduce((total, name) => total + brotliBytes(files[name] ?? new Uint8Array()), 0)
  expect(sum).toBeLessThanOrEqual(12 * 1024)
})

describeInBrowsers('<darkroom-img>', (kind) => {
  // Under automation GTK's browser keeps nothing, as in a private window without a cache.
  const hasCache = kind.name !== 'WebKit'
  beforeAll(async () => {
    browser = await kind.launch()
  })
  beforeEach(async () => {
    profile = await browser.newProfile()
  })
  afterEach(async () => {
    server.isDown = false
    server.headers = {}
    await profile.close()
  })
  afterAll(() => browser.close())

  test('without JavaScript it is the image that the server wrote', async () => {
    await open(given, { script: false })
    await until(`document.images[0].complete`)
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('document.images[0].alt')).toBe('Waves')
  })

  test('around an image of the page it fetches nothing again, and moves nothing', async () => {
    await open(`<style>img { width: 100%; height: auto }</style><p>Before</p>${given}<p>Behind</p>`)
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('events')).toEqual(['load '])
    expect(await page.evaluate('shift')).toBe(0)
    expect(await page.evaluate(`document.querySelector('darkroom-img').naturalWidth`)).toBeGreaterThan(0)
    expect(page.complaints).toEqual([])
  })

  test('made by script it is as an image: properties, events, decode', async () => {
    await open(`<main></main>`)
    const facts = await page.evaluate(`(async () => {
      await customElements.whenDefined('darkroom-img')
      const element = document.createElement('darkroom-img')
      element.src = '/images/a'
      element.alt = 'Waves'
      element.width = 300
      element.height = 225
      const before = element.complete
      document.querySelector('main').append(element)
      await element.decode()
      return { before, complete: element.complete, natural: [element.naturalWidth, element.naturalHeight], width: element.width,
        currentSrc: element.currentSrc, src: element.src, busy: element.hasAttribute('aria-busy') }
    })()`)
    expect(facts).toEqual({
      before: true,
      complete: true,
      natural: [384, 288],
      width: 300,
      currentSrc: `${server.url}/images/a?w=384&format=auto`,
      src: `${server.url}/images/a`,
      busy: false,
    })
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('shift')).toBe(0)
    expect(page.complaints).toEqual([])
  })

  test('two elements, one fetch; the smaller one is made of the larger', async () => {
    await open(`<darkroom-img id="small" src="/images/a" width="300" height="225" alt="Small"></darkroom-img>
      <darkroom-img id="large" src="/images/a" width="900" height="675" alt="Large"></darkroom-img>`)
    await settled()
    await whenMade('#small')
    expect(pictures()).toEqual(['/images/a?w=1080'])
    expect(await page.evaluate(`document.querySelector('#small canvas').width`)).toBe(300)
    expect(await page.evaluate(`document.querySelector('#large canvas')`)).toBeNull()
    expect(await offBy('#small')).toBeLessThan(0.6)
    expect(await page.evaluate('shift')).toBe(0)
    expect(page.complaints).toEqual([])
  })

  test.skipIf(!hasCache)(
    'a wider rung in the cache is used on the next page, and offline: nothing is fetched',
    async () => {
      await open(`<darkroom-img src="/images/a" width="900" height="675" alt=""></darkroom-img>`)
      await settled()
      await until(`localStorage.getItem('darkroom-img') !== null`)
      await page.close()
      const cell = `<darkroom-img src="/images/a" width="300" height="225" alt=""></darkroom-img>`
      await open(cell)
      await whenMade()
      expect(pictures()).toEqual([])
      expect(await page.evaluate(`document.querySelector('darkroom-img').currentSrc`)).toContain('w=1080')
      server.isDown = true
      await page.evaluate(
        `document.body.insertAdjacentHTML('beforeend', '<darkroom-img id="late" src="/images/a" width="200" height="150" alt=""></darkroom-img>')`,
      )
      await whenMade('#late')
      expect(pictures()).toEqual([])
      expect(page.complaints).toEqual([])
    },
  )

  test.each(kind.name === 'Chromium' ? ['', 'crossorigin'] : ['crossorigin'])(
    'of another origin the same: one request (%s)',
    async (attribute) => {
      const elsewhere = server.url.replace('127.0.0.1', 'localhost')
      const small = `<darkroom-img ${attribute} id="small" src="${elsewhere}/images/a" width="300" height="225" alt=""></darkroom-img>`
      await open(
        `${small}<darkroom-img ${attribute} src="${elsewhere}/images/a" width="900" height="675" alt=""></darkroom-img>`,
      )
      await settled()
      await whenMade('#small')
      expect(pictures()).toEqual(['/images/a?w=1080'])
      expect(page.complaints).toEqual([])
      if (!hasCache) return
      await until(`localStorage.getItem('darkroom-img') !== null`)
      await page.close()
      await open(small)
      await whenMade()
      expect(pictures()).toEqual([])
      expect(page.complaints).toEqual([])
    },
  )

  test('of another origin and asked for with cookies it is fetched once, made here or not', async () => {
    const elsewhere = server.url.replace('127.0.0.1', 'localhost')
    await open(`<darkroom-img id="small" src="${elsewhere}/images/a" width="300" height="225" alt=""></darkroom-img>
      <darkroom-img src="${elsewhere}/images/a" width="900" height="675" alt=""></darkroom-img>
      <darkroom-img id="own" src="/images/b" width="300" height="225" alt=""></darkroom-img>
      <darkroom-img src="/images/b" width="900" height="675" alt=""></darkroom-img>`)
    await settled()
    // Begun after the other's size was, and with a worker that does one after the other.
    await whenMade('#own')
    expect(pictures().toSorted()).toEqual(['/images/a?w=1080', '/images/b?w=1080'])
    expect(page.complaints).toEqual([])
  })

  test.skipIf(!hasCache)('an index that is wrong costs nothing: the cache is asked first', async () => {
    await open('')
    await page.evaluate(
      `localStorage.setItem('darkroom-img', JSON.stringify([location.origin + '/images/a?w=1080&format=auto']))`,
    )
    await page.close()
    await open(`<darkroom-img src="/images/a" width="300" height="225" alt=""></darkroom-img>`)
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
  })

  test.each([
    ['Save-Data', `Object.defineProperty(navigator, 'connection', { value: { saveData: true } })`],
    [
      'prefers-reduced-data',
      `const real = matchMedia; globalThis.matchMedia = (query) => query.includes('prefers-reduced-data') ? { matches: true } : real(query)`,
    ],
  ])('%s is respected: one pixel for a CSS pixel', async (_, script) => {
    const head = `<script>Object.defineProperty(globalThis, 'devicePixelRatio', { value: 2 }); ${script}</script>`
    await open(`<darkroom-img src="/images/a" width="380" height="285" alt=""></darkroom-img>`, { head })
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
  })

  test.skipIf(kind.name === 'WebKit')(
    'two pixels for a CSS pixel get the next rung, three no more',
    async () => {
      await profile.close()
      profile = await browser.newProfile({ pixelRatio: 3 })
      await open(`<darkroom-img src="/images/a" width="300" height="225" alt=""></darkroom-img>`)
      await settled()
      expect(pictures()).toEqual(['/images/a?w=640'])
    },
  )

  test('what is far below is fetched when it comes near', async () => {
    await open(`<div style="height: 6000px"></div>
      <darkroom-img src="/images/a" loading="lazy" width="300" height="225" alt=""></darkroom-img>`)
    await pause(300)
    expect(pictures()).toEqual([])
    await page.evaluate('scrollTo(0, 6000)')
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('shift')).toBe(0)
  })

  test.each([
    ['ltr', ''],
    ['rtl', ''],
    ['rtl', 'margin: 7px; padding: 5px 11px; border: 3px solid'],
    ['ltr', 'width: 40%; height: auto; float: right'],
  ])('what is made lies exactly above its image (%s, %s)', async (direction, style) => {
    await open(
      `<div dir="${direction}"><darkroom-img id="small" fit="cover" focus="0.2,0.8" src="/images/a" width="300" height="225" alt=""></darkroom-img></div>
      <darkroom-img src="/images/a" width="900" height="675" alt=""></darkroom-img>`,
      { head: `<style>#small img { box-sizing: content-box; ${style} }</style>` },
    )
    await settled()
    await whenMade('#small')
    const shares = await page.evaluate(`(() => {
      const [image, canvas] = [document.querySelector('#small img'), document.querySelector('#small canvas')]
      const style = getComputedStyle(image)
      const box = image.getBoundingClientRect()
      const inner = canvas.getBoundingClientRect()
      const size = (side) => parseFloat(style['padding' + side]) + parseFloat(style['border' + side + 'Width'])
      return [inner.left - box.left - size('Left'), inner.top - box.top - size('Top'), box.right - size('Right') - inner.right,
        box.bottom - size('Bottom') - inner.bottom].map(Math.abs)
    })()`)
    expect(Math.max(...(shares as number[]))).toBeLessThan(0.6)
    expect(await page.evaluate(`document.querySelector('#small canvas').style.objectPosition`)).toBe(
      '20% 80%',
    )
    expect(await page.evaluate('shift')).toBe(0)
  })

  test('it follows its image, and makes the size that is then shown', async () => {
    await open(`<darkroom-img id="small" src="/images/a" width="300" height="225" alt=""></darkroom-img><br>
      <darkroom-img src="/images/a" width="900" height="675" alt=""></darkroom-img>`)
    await settled()
    await whenMade('#small')
    await page.evaluate(
      `(() => { const small = document.querySelector('#small'); small.setAttribute('width', '400'); small.setAttribute('height', '300') })()`,
    )
    await until(`document.querySelector('#small canvas')?.width === 400`)
    expect(await offBy('#small')).toBeLessThan(0.6)
    expect(pictures()).toEqual(['/images/a?w=1080'])
  })

  test('in a link it is reached and followed by keyboard, and read once', async () => {
    await open(`<a href="#there"><darkroom-img id="small" src="/images/a" width="300" height="225" alt="Waves"></darkroom-img></a>
      <darkroom-img src="/images/a" width="900" height="675" alt=""></darkroom-img>`)
    await settled()
    await whenMade('#small')
    await page.press('Tab')
    await page.press('Enter')
    expect(await page.evaluate('location.hash')).toBe('#there')
    expect(await page.evaluate(`document.querySelector('#small canvas').ariaHidden`)).toBe('true')
    // A click on the canvas is one on the image.
    expect(await page.evaluate(`document.elementFromPoint(100, 100).localName`)).toBe('img')
  })

  test('what is missing or broken is an error, with its alternative text', async () => {
    await open(`<darkroom-img id="missing" src="/images/missing" width="30" height="30" alt="Lost"></darkroom-img>
      <darkroom-img id="broken" src="/images/broken" width="30" height="30" alt="Broken"></darkroom-img>
      <darkroom-img id="good" src="/images/a" width="300" height="225" alt=""></darkroom-img>`)
    await settled()
    expect(await page.evaluate('events.toSorted()')).toEqual(['error broken', 'error missing', 'load good'])
    expect(await page.evaluate(`document.querySelectorAll('darkroom-img:state(error)').length`)).toBe(2)
    expect(
      await page.evaluate(`document.querySelector('#broken').decode().catch((error) => error.name)`),
    ).toBe('EncodingError')
    expect(await page.evaluate(`document.querySelector('#missing img').alt`)).toBe('Lost')
    await page.evaluate(`document.querySelector('#broken').src = '/images/a'`)
    await until(`document.querySelector('#broken').matches(':state(loaded)')`)
  })

  test('moved, removed and put back it shows the same, fetches nothing and says nothing', async () => {
    await open(`<main></main><darkroom-img src="/images/a" width="300" height="225" alt=""></darkroom-img>`)
    await settled()
    await page.evaluate(
      `(() => { const one = document.querySelector('darkroom-img'); document.querySelector('main').append(one); one.remove(); document.body.append(one) })()`,
    )
    await settled()
    expect(pictures()).toEqual(['/images/a?w=384'])
    expect(await page.evaluate('events')).toEqual(['load '])
  })

  test('a prompt: placeholder, then the picture, on one address that all elements share', async () => {
    let asked = 0
    const tiny = await sharp({ create: { width: 24, height: 18, channels: 3, background: '#a86' } })
      .jpeg()
      .toBuffer()
    server.answer('/live/', (url) => {
      asked += 1
      expect(url.searchParams.get('placeholder')).toBe('1')
      if (asked < 3) {
        return {
          headers: {
            'content-type': 'image/jpeg',
            'cache-control': 'no-store',
            refresh: '2',
            'cache-status': 'darkroom; fwd=uri-miss; detail=placeholder',
          },
          body: tiny,
        }
      }
      return {
        headers: { 'content-type': 'image/jpeg', 'cache-control': 'public, max-age=60' },
        body: variants.get(640) ?? '',
      }
    })
    const one = `<darkroom-img placeholder scope="shop" prompt="a red fox" size="640x480" width="300" height="225" alt="Fox"></darkroom-img>`
    await open(one + one)
    await until(`document.querySelector('darkroom-img:state(generating)') !== null`)
    expect(await page.evaluate(`document.querySelector('darkroom-img').ariaBusy`)).toBe('true')
    expect(await page.evaluate(`document.querySelector('canvas').width`)).toBe(24)
    expect(await offBy()).toBeLessThan(0.6)
    await settled()
    if (hasCache) expect(asked).toBe(3)
    expect(await page.evaluate('events.toSorted()')).toEqual(['load ', 'load ', 'progress ', 'progress '])
    expect(await page.evaluate(`document.querySelector('darkroom-img').naturalWidth`)).toBe(640)
    expect(await page.evaluate('shift')).toBe(0)
    expect(page.complaints).toEqual([])
  })

  test("a placeholder that the server's own markup began with becomes the picture", async () => {
    let asked = 0
    const tiny = await sharp({ create: { width: 24, height: 18, channels: 3, background: '#a86' } })
      .jpeg()
      .toBuffer()
    server.answer('/live/', () => {
      asked += 1
      const isEarly = asked < 3
      return {
        headers: {
          'content-type': 'image/jpeg',
          'cache-control': isEarly ? 'no-store' : 'public, max-age=60',
          ...(isEarly ? { 'cache-status': 'darkroom; detail=placeholder' } : {}),
        },
        body: isEarly ? tiny : (variants.get(640) ?? ''),
      }
    })
    const url = '/live/shop?prompt=fox&amp;size=640x480&amp;placeholder=1&amp;sig=x'
    await open(`<darkroom-img><img src="${url}" width="300" height="225" alt="Fox"></darkroom-img>`)
    await until(`document.querySelector('darkroom-img').naturalWidth === 640`)
    expect(await page.evaluate('events.filter((name) => name.startsWith("load"))')).toEqual(['load '])
  })

  test("a refusal is an error with the server's code", async () => {
    server.answer('/live/', () => ({
      status: 402,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({ code: 'budget_exhausted', detail: 'The budget is used up.' }),
    }))
    await open(`<darkroom-img scope="shop" prompt="a fox" width="30" height="30" alt=""></darkroom-img>`)
    await settled()
    expect(
      await page.evaluate(
        `(({ error }) => [error.code, error.message])(document.querySelector('darkroom-img'))`,
      ),
    ).toEqual(['budget_exhausted', 'The budget is used up.'])
  })

  test.each([
    ["default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'", true],
    ["default-src 'self'; script-src 'self'; style-src 'self'", false],
    ["default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'", false],
    ["default-src 'none'; script-src 'self'; img-src 'self'", false],
  ])('under the policy %s it shows its picture', async (policy, makes) => {
    server.headers = { 'content-security-policy': policy }
    try {
      await open(`<darkroom-img id="small" src="/images/a" width="300" height="225" alt="" fit="cover"></darkroom-img>
        <darkroom-img src="/images/a" width="900" height="675" alt=""></darkroom-img>`)
      await settled()
      if (makes) await whenMade('#small')
      expect(await page.evaluate(`document.querySelector('#small').naturalWidth`)).toBe(1080)
      expect(await page.evaluate('events.toSorted()')).toEqual(['load ', 'load small'])
      expect(await page.evaluate(`document.querySelector('#small canvas') !== null`)).toBe(makes)
      expect(pictures()).toEqual(['/images/a?w=1080'])
    } finally {
      server.headers = {}
    }
  })
})
