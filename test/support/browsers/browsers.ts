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

/**
 * Tests for every engine; where one is not installed they are skipped, and their title says why. In WebKit's driver a
 * script once did not come back within a minute on a machine that was full, and in no other run: there a test has a
 * second try, which a fault of ours fails as well.
 */
export function describeInBrowsers(title: string, tests: (kind: BrowserKind) => void): void {
  for (const kind of browserKinds) {
    const options = { retry: kind === webkitKind ? 1 : 0 }
    describe.skipIf(kind.missing !== undefined)(`${title} in ${titleOf(kind)}`, options, () => {
      tests(kind)
    })
  }
}
