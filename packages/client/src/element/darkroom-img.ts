import type { RungChoice } from '@darkroom/picture/rungs'
import { chooseRung, neededPx } from '@darkroom/picture/rungs'
import type { Candidate } from './candidates.ts'
import { candidatesFor, isLive, pictureKeyOf } from './candidates.ts'
import { ImageLikeElement } from './image-like-element.ts'
import { isNear } from './near.ts'
import type { Overlay } from './overlay.ts'
import { createOverlay } from './overlay.ts'
import { savesData, thePage } from './page.ts'
import { shownWidthPx, styleImage } from './style-image.ts'

/** What says which picture it is. */
const sourceNames = ['src', 'prompt', 'scope', 'server', 'size', 'seed', 'model', 'placeholder']
/** What is the inner image's, too. */
const imageNames = ['alt', 'width', 'height', 'sizes', 'crossorigin', 'referrerpolicy']
const otherNames = ['aspect-ratio', 'fit', 'focus', 'loading', 'priority']

/** What is shown is made to measure where what is there is wider than that by as much. */
const worthMaking = 1.25

/**
 * `<darkroom-img>`: an image that fetches no size of which the page or its cache has a wider one. Around an `<img>`
 * of the page's own, or with one that it makes; all it shows stays that image's.
 *
 * States for styling: `:state(loading)`, `:state(generating)`, `:state(loaded)`, `:state(made)`, `:state(error)`.
 * Events, as an image's, none of which bubbles: `load`, `error`, `progress` when there is a placeholder; and `made`
 * (`detail: { widthPx, durationMs }`) when its size was made here.
 */
export class DarkroomImg extends ImageLikeElement {
  static readonly observedAttributes: readonly string[] = [...sourceNames, ...imageNames, ...otherNames]

  readonly #internals: ElementInternals | undefined = this.attachInternals?.()
  #overlay: Overlay | undefined
  /** The page gave the image its sources, and they stand until something better is here. */
  #given = false
  #candidates: readonly Candidate[] = []
  #key = ''
  #needed = 0
  #choice: RungChoice | undefined
  #run: AbortController | undefined
  #sizeObserver: ResizeObserver | undefined
  #loadedUrl = ''
  /** The picture is still being made: what the image loads or lacks is not it. */
  #waits = false
  /** Why there is no picture: the server's problem where it told one. */
  error: Error | undefined

  /** As of an image: nothing more is to come, good or bad. */
  get complete(): boolean {
    return this.#state !== 'loading' && this.#state !== 'generating'
  }

  /** Resolves when the picture can be shown without delay. @throws DOMException EncodingError where there is none */
  async decode(): Promise<void> {
    if (!this.complete) {
      await new Promise<void>((resolve) => {
        for (const name of ['load', 'error']) this.addEventListener(name, () => resolve(), { once: true })
      })
    }
    if (this.image === undefined || this.error !== undefined) {
      throw new DOMException(this.error?.message ?? 'There is no picture.', 'EncodingError')
    }
    await this.image.decode()
  }

  connectedCallback(): void {
    const inner = this.querySelector('img')
    // While the page is still being read its image may be about to come.
    if (inner === null && document.readyState === 'loading' && this.image === undefined) {
      const begin = (): void => {
        observer.disconnect()
        if (this.isConnected && this.image === undefined) this.connectedCallback()
      }
      const observer = new MutationObserver(begin)
      observer.observe(this, { childList: true })
      document.addEventListener('DOMContentLoaded', begin, { once: true })
      return
    }
    this.#adopt(inner ?? document.createElement('img'), inner !== null)
    this.#restart()
  }

  disconnectedCallback(): void {
    this.#run?.abort()
    this.#sizeObserver?.disconnect()
    this.#overlay?.hide()
    thePage().need(this.#key, this, undefined)
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    const image = this.image
    if (image === undefined || before === after) return
    if (imageNames.includes(name)) copyAttribute(this, image, name)
    if (sourceNames.includes(name)) {
      // What the page gave it is another picture's.
      this.#given = false
      this.#loadedUrl = ''
      return this.#restart()
    }
    this.#overlay?.hide()
    styleImage(this, image, this.#state === 'loaded')
    if (this.#state === 'loaded') thePage().later(this)
  }

  #adopt(image: HTMLImageElement, isGiven: boolean): void {
    if (this.image === image) return
    this.image = image
    this.#given = isGiven && (image.srcset !== '' || image.src !== '')
    this.#overlay = createOverlay(this, image)
    for (const name of imageNames) if (this.hasAttribute(name)) copyAttribute(this, image, name)
    styleImage(this, image)
    image.addEventListener('load', () => this.#loaded())
    image.addEventListener('error', () => {
      if (!this.#waits) this.#failed(new Error('The picture could not be loaded.'))
    })
    if (!isGiven) this.append(image)
  }

  #restart(): void {
    const image = this.image
    if (image === undefined || !this.isConnected) return
    this.#run?.abort()
    const { signal } = (this.#run = new AbortController())
    thePage().need(this.#key, this, undefined)
    this.#overlay?.hide()
    this.error = undefined
    this.#candidates = candidatesFor(this, this.#given ? image : undefined)
    const [first] = this.#candidates
    if (first === undefined) {
      if (!this.#given) for (const name of ['src', 'srcset']) image.removeAttribute(name)
      return this.#enter(undefined)
    }
    this.#key = pictureKeyOf(first.url)
    this.#waits = isLive(first.url) && (!this.#given || first.url.includes('placeholder=1'))
    this.#enter('loading')
    const isLazy =
      !this.hasAttribute('priority') && (this.getAttribute('loading') ?? image.loading) === 'lazy'
    if (isLazy) void isNear(image, signal).then((near) => near && thePage().later(this))
    else thePage().later(this)
  }

  /** For the page: how wide the picture is shown. */
  measure(): void {
    const image = this.image
    if (image === undefined || this.#run?.signal.aborted !== false) return
    const cssPx = shownWidthPx(this, image)
    this.#needed = neededPx({ cssPx, pixelRatio: devicePixelRatio, saveData: savesData() })
    thePage().need(this.#key, this, this.#needed)
  }

  /** For the page: where the picture is taken from. */
  choose(): void {
    const { signal } = this.#run ?? {}
    if (signal !== undefined && !signal.aborted) void this.#choose(signal)
  }

  async #choose(signal: AbortSignal): Promise<void> {
    const image = this.image
    const page = thePage()
    if (image === undefined) return
    const known = await Promise.all(this.#candidates.map(({ url }) => page.held.has(url)))
    if (signal.aborted) return
    const widths = this.#candidates.map(({ widthPx }) => widthPx)
    const choice = chooseRung({
      neededPx: this.#needed,
      widths,
      held: widths.filter((_, i) => known[i] === true),
      others: page.others(this.#key, this),
      saveData: savesData(),
    })
    const candidate = this.#candidates.find(({ widthPx }) => widthPx === choice?.widthPx)
    if (choice === undefined || candidate === undefined) return
    this.#choice = choice
    this.#watchSize(image)
    const waits = this.#waits
    if (waits && choice.from !== 'held' && !(await this.#awaitLive(candidate.url, signal))) return
    this.#waits = false
    // What a browser has begun by itself goes on, unless nothing needs to be fetched instead.
    const leaves =
      this.#given &&
      !waits &&
      (choice.from === 'server' || (choice.from === 'shared' && image.loading !== 'lazy'))
    const isShown = image.complete && image.naturalWidth > 0
    if (!leaves && !(this.#given && isShown && !waits)) this.#take(image, candidate.url)
    if (image.complete && image.naturalWidth > 0) this.#loaded()
  }

  #take(image: HTMLImageElement, url: string): void {
    image.removeAttribute('srcset')
    // Setting what it has would load it again; but what it has may be a placeholder, which Firefox would keep: one
    // document has one picture for an address.
    if (image.src !== url || image.naturalWidth === 0) image.src = url
    else if (this.#given) image.src = `${url}#`
  }

  /** @returns whether the picture is there now, and still wanted */
  async #awaitLive(url: string, signal: AbortSignal): Promise<boolean> {
    try {
      await thePage().live.ready(
        url,
        (bitmap) => {
          if (signal.aborted) return
          this.#overlay?.show(bitmap, true)
          this.#enter('generating')
          this.dispatchEvent(new ProgressEvent('progress'))
        },
        signal,
      )
      return !signal.aborted
    } catch (error) {
      if (!signal.aborted) this.#failed(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  #loaded(): void {
    const image = this.image
    if (image === undefined || this.#waits || image.naturalWidth === 0) return
    const url = image.currentSrc
    thePage().held.add(url)
    if (this.#state !== 'loaded') {
      this.#overlay?.hide()
      this.#enter('loaded')
    }
    // Put elsewhere on the page it is loaded again, and nothing new.
    if (this.#loadedUrl !== url) this.dispatchEvent(new Event('load'))
    this.#loadedUrl = url
    void this.#make(image, url)
  }

  /** Makes the size that is shown, where the picture came wider for another place. */
  async #make(image: HTMLImageElement, url: string): Promise<void> {
    const { signal } = this.#run ?? {}
    const page = thePage()
    const isShared =
      this.#choice?.from !== 'server' || (!this.#given && page.others(this.#key, this).length > 0)
    const widthPx = Math.round(shownWidthPx(this, image) * devicePixelRatio)
    if (signal === undefined || !isShared || widthPx === 0 || image.naturalWidth < widthPx * worthMaking)
      return
    try {
      if (!(await page.resizer().available)) return
      const { bitmap, durationMs } = await page.bitmaps.get(url, widthPx, image)
      if (signal.aborted || image.currentSrc !== url) return
      this.#overlay?.show(bitmap, true)
      this.#internals?.states.add('made')
      this.dispatchEvent(new CustomEvent('made', { detail: { widthPx: bitmap.width, durationMs } }))
    } catch {
      // The image shows it as well, scaled by the browser.
    }
  }

  #failed(error: Error): void {
    this.error = error
    this.#waits = false
    this.#overlay?.hide()
    this.#enter('error')
    this.dispatchEvent(new ErrorEvent('error', { error, message: error.message }))
  }

  #watchSize(image: HTMLImageElement): void {
    if (this.#sizeObserver !== undefined) return this.#sizeObserver.observe(image)
    let timer: ReturnType<typeof setTimeout> | undefined
    this.#sizeObserver = new ResizeObserver(() => {
      this.#overlay?.place()
      clearTimeout(timer)
      timer = setTimeout(() => {
        const before = this.#needed
        if (!this.isConnected || this.#state !== 'loaded') return
        this.measure()
        if (Math.abs(this.#needed - before) > before * 0.05) thePage().later(this)
      }, 150)
    })
    this.#sizeObserver.observe(image)
  }

  #state: 'loading' | 'generating' | 'loaded' | 'error' | undefined

  #enter(state: 'loading' | 'generating' | 'loaded' | 'error' | undefined): void {
    this.#state = state
    const states = this.#internals?.states
    states?.clear()
    if (state !== undefined) states?.add(state)
    if (state === 'loading' || state === 'generating') this.setAttribute('aria-busy', 'true')
    else this.removeAttribute('aria-busy')
    if (this.image !== undefined) styleImage(this, this.image, state === 'loaded')
  }
}

function copyAttribute(from: Element, to: Element, name: string): void {
  const value = from.getAttribute(name)
  if (value === null) to.removeAttribute(name)
  else if (to.getAttribute(name) !== value) to.setAttribute(name, value)
}
