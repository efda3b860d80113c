import '../../styles/playground.css'
import type { VNode } from 'preact'
import { Choice } from '../../parts/choice.tsx'
import { fragment, setFragment } from '../../route.ts'
import { CarouselEditor } from './carousel-editor.tsx'
import { PromptBox } from './prompt-box.tsx'

type Mode = 'picture' | 'carousel'

const modes = [
  { value: 'picture', text: 'One picture' },
  { value: 'carousel', text: 'A carousel' },
] as const

/** Trying the platform out: one picture as it comes, or a carousel whose slides are changed one by one. */
export function PlaygroundView(): VNode {
  const mode: Mode = fragment.value === 'carousel' ? 'carousel' : 'picture'
  return (
    <div class="column playground">
      <div class="view-head">
        <div>
          <h1>Playground</h1>
          <p class="quiet">
            {mode === 'picture'
              ? 'A picture as it comes. Ask for the same once more: it is there at once.'
              : 'Six texts on one photograph. Change one: only that slide is drawn again.'}
          </p>
        </div>
        <Choice
          label="What to make"
          options={modes}
          value={mode}
          choose={(to) => setFragment(to === 'carousel' ? 'carousel' : '')}
        />
      </div>
      {mode === 'picture' ? <PromptBox /> : <CarouselEditor />}
    </div>
  )
}
