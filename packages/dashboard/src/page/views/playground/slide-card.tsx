import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { Picture } from '../../parts/picture.tsx'
import type { SlideText } from './carousel-work.ts'
import { changeSlide, work } from './carousel-work.ts'
import { fitNotes } from './fit-notes.ts'

const kinds = [
  { value: 'hook', text: 'Hook' },
  { value: 'credibility', text: 'Credibility' },
  { value: 'point', text: 'Point' },
  { value: 'cta', text: 'Call to action' },
]

/** As the API has it. */
const maxTextChars = 5000

/** One slide: its text, its picture, and what is to be said of how the text stands. */
export function SlideCard(props: { index: number; text: SlideText; type: (text: SlideText) => void }): VNode {
  const { index, text, type } = props
  const id = useId()
  const { carousel, isBusy, changing } = work.value
  const slide = carousel?.slides[index]
  const isChanging = changing.has(index)
  const differs =
    slide !== undefined &&
    (slide.title !== text.title.trim() ||
      (slide.body ?? '') !== text.body.trim() ||
      (text.kind === 'cta' && (slide.label ?? '') !== text.label.trim()))
  const notes = slide === undefined ? [] : fitNotes(slide)
  return (
    <li class="slide panel" data-status={slide?.status ?? 'none'}>
      <div class={`slide-picture ${isChanging ? 'changing' : ''}`}>
        {slide?.url ? (
          <Picture url={slide.url} widthPx={640} alt={`Slide ${index + 1}: ${slide.title}`} />
        ) : (
          <span class={isBusy && slide?.status !== 'failed' ? 'slide-empty waiting' : 'slide-empty'}>
            {index + 1}
          </span>
        )}
      </div>
      {notes.map((note) => (
        <p key={note} class="warning">
          {note}
        </p>
      ))}
      <div class="slide-fields">
        <label>
          <span class="hidden">Kind of slide {index + 1}</span>
          <select
            value={text.kind}
            disabled={carousel !== undefined && !isBusy}
            title="The kind is set when the slides are made"
            onChange={(event) => type({ ...text, kind: event.currentTarget.value })}
          >
            {kinds.map((kind) => (
              <option key={kind.value} value={kind.value}>
                {kind.text}
              </option>
            ))}
          </select>
        </label>
        <label class="hidden" for={`${id}t`}>
          Title of slide {index + 1}
        </label>
        <textarea
          id={`${id}t`}
          class="slide-title"
          dir="auto"
          rows={2}
          maxLength={maxTextChars}
          required
          value={text.title}
          onInput={(event) => type({ ...text, title: event.currentTarget.value })}
        />
        <label class="hidden" for={`${id}b`}>
          Text of slide {index + 1}
        </label>
        <textarea
          id={`${id}b`}
          dir="auto"
          rows={3}
          maxLength={maxTextChars}
          placeholder="No more text"
          value={text.body}
          onInput={(event) => type({ ...text, body: event.currentTarget.value })}
        />
        {text.kind === 'cta' && (
          <label class="slide-label">
            <span>
              Button<span class="hidden"> of slide {index + 1}</span>
            </span>
            <input
              dir="auto"
              maxLength={maxTextChars}
              placeholder="none"
              value={text.label}
              onInput={(event) => type({ ...text, label: event.currentTarget.value })}
            />
          </label>
        )}
        {carousel !== undefined && !isBusy && (
          <button
            type="button"
            class="button small"
            disabled={!differs || isChanging || text.title.trim() === ''}
            onClick={() => void changeSlide(index, text)}
          >
            {isChanging ? 'Drawing…' : 'Draw this slide again'}
            <span class="hidden"> (slide {index + 1})</span>
          </button>
        )}
      </div>
    </li>
  )
}
