/** On a server there are no elements: importing this must do no harm there. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement)

/** An element with an image inside, and that image's properties. */
export class ImageLikeElement extends Base {
  declare src: string
  declare prompt: string
  declare alt: string
  declare sizes: string
  declare fit: string
  declare focusPoint: string
  declare loading: string
  declare placeholder: string
  declare priority: boolean

  /** The image that shows the picture. */
  image: HTMLImageElement | undefined

  get naturalWidth(): number {
    return this.image?.naturalWidth ?? 0
  }
  get naturalHeight(): number {
    return this.image?.naturalHeight ?? 0
  }
  get currentSrc(): string {
    return this.image?.currentSrc ?? ''
  }
  get width(): number {
    return this.image?.width ?? 0
  }
  set width(value: number) {
    this.setAttribute('width', String(value))
  }
  get height(): number {
    return this.image?.height ?? 0
  }
  set height(value: number) {
    this.setAttribute('height', String(value))
  }
}

/** Properties that are attributes' text. `focus` is a method of every element already. */
const texts: Readonly<Record<string, string>> = {
  src: 'src',
  prompt: 'prompt',
  alt: 'alt',
  sizes: 'sizes',
  fit: 'fit',
  focusPoint: 'focus',
  loading: 'loading',
  placeholder: 'placeholder',
}

/** Gives a prototype its properties, so that frameworks may set either. `src` is absolute, as an image's is. */
function reflectAttributes(prototype: Element): void {
  for (const [property, name] of Object.entries(texts)) {
    define(prototype, property, {
      get() {
        const value = this.getAttribute(name) ?? ''
        return name === 'src' && value !== '' ? new URL(value, document.baseURI).href : value
      },
      set(value) {
        this.setAttribute(name, String(value))
      },
    })
  }
  define(prototype, 'priority', {
    get() {
      return this.hasAttribute('priority')
    },
    set(value) {
      this.toggleAttribute('priority', Boolean(value))
    },
  })
}

function define(
  prototype: Element,
  property: string,
  accessors: { get(this: Element): unknown; set(this: Element, value: unknown): void },
): void {
  Object.defineProperty(prototype, property, { configurable: true, enumerable: true, ...accessors })
}

reflectAttributes(ImageLikeElement.prototype)
