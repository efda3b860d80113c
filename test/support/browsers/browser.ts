/** A browser as the tests need it: the same few calls for engines that are driven by three protocols. */
export interface TestBrowser {
  /** Storage and cache of its own. Pages of one profile share them. */
  newProfile(options?: ProfileOptions): Promise<TestProfile>
  close(): Promise<void>
}

export interface ProfileOptions {
  /** Device pixels for each CSS pixel. Default 1. WebKit has 1 only. */
  pixelRatio?: number
}

/** One page of a profile at a time: close one before the next is opened. */
export interface TestProfile {
  newPage(): Promise<TestPage>
  close(): Promise<void>
}

export interface TestPage {
  /** What the page's console said that was an error, and errors that nobody caught. WebKit does not tell. */
  readonly complaints: readonly string[]
  /** Resolves when the page has loaded. */
  goto(url: string): Promise<void>
  /**
   * The value of an expression, awaited where it is a promise, as JSON has it. Asked from outside: the page's policy
   * does not forbid it. @throws Error with the message of what the page threw
   */
  evaluate(expression: string): Promise<unknown>
  /** Presses a key of the keyboard and lets it go: `Tab`, `Enter`. */
  press(key: 'Tab' | 'Enter'): Promise<void>
  close(): Promise<void>
}

export interface LaunchOptions {
  /** Firefox alone: gives noise where pixels are read back. */
  resistsFingerprinting?: boolean
}

/** A kind of browser, installed or not. */
export interface BrowserKind {
  readonly name: 'Chromium' | 'Firefox' | 'WebKit'
  /** Why it cannot be had here. */
  readonly missing: string | undefined
  launch(options?: LaunchOptions): Promise<TestBrowser>
}

/** Waits until an expression is true, asking again and again. */
export async function until(page: TestPage, expression: string): Promise<void> {
  while ((await page.evaluate(`Boolean(${expression})`)) !== true)
    await new Promise((resolve) => setTimeout(resolve, 30))
}

/**
 * An expression that gives JSON and never throws: `[value]`, or `{ message }` of what was thrown. Protocols differ in
 * how they give values back; all give text.
 */
export function asJson(expression: string): string {
  const tell = `(error) => JSON.stringify({ message: error instanceof Error ? error.name + ': ' + error.message : String(error) })`
  return `(async () => [await (${expression})])().then((value) => JSON.stringify(value), ${tell})`
}

/** What `asJson` gave; `null` for `undefined`. @throws Error */
export function fromJson(text: unknown): unknown {
  const found = JSON.parse(String(text)) as [unknown?] | { message: string }
  if (!Array.isArray(found)) throw new Error(found.message)
  return found[0]
}
