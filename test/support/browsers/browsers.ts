import { describe } from 'vitest'
import type { BrowserKind } from './browser.ts'
import { chromiumKind } from './chromium.ts'
import { firefoxKind } from './firefox.ts'
import { webkitKind } from './webkit.ts'

/** The engines that people have. */
export const browserKinds: readonly BrowserKind[] = [chromiumKind, firefoxKind, webkitKind]

/** For the title of a test: where it runs, or why it does not. */
export function titleOf({ name, missing }: BrowserKind): string {
  return missing === undefined ? name : `${name} (skipped: ${missing})`
}

/** Tests for every engine; where one is not installed they are skipped, and their title says why. */
export function describeInBrowsers(title: string, tests: (kind: BrowserKind) => void): void {
  for (const kind of browserKinds)
    describe.skipIf(kind.missing !== undefined)(`${title} in ${titleOf(kind)}`, () => {
      tests(kind)
    })
}
