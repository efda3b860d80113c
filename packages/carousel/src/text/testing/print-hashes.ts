import { createFonts } from '../fonts.ts'
import { setText } from '../set-text.ts'
import { renderText } from './rendered-text.ts'
import { scriptSamples } from './script-samples.ts'

/** Prints the hash of each sample's pixels, as JSON: for a test that compares processes. */
const fonts = createFonts()
const style = {
  weight: 600,
  emphasisWeight: 800,
  sizePx: 48,
  minSizePx: 24,
  lineHeight: 1.1,
  letterSpacingEm: 0,
}
const samples = [...Object.values(scriptSamples), '𒀀 བོད']
const hashes = fonts.families.flatMap((family) =>
  samples.map((sample) => {
    const block = setText(
      sample,
      { ...style, family, align: 'start' },
      { widthPx: 600, heightPx: 600 },
      fonts,
    )
    return renderText(block, 600).hash
  }),
)
process.stdout.write(JSON.stringify(hashes))
