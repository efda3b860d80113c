import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { about } from '../../api/session.ts'
import { Choice } from '../../parts/choice.tsx'
import { goTo } from '../../route.ts'
import type { Base, Look, SlideText } from './carousel-work.ts'
import { firstTexts, makeCarousel, work } from './carousel-work.ts'
import { SlideCard } from './slide-card.tsx'

type Source = Base['kind']

const sources = [
  { value: 'prompt', text: 'A prompt' },
  { value: 'file', text: 'A file' },
  { value: 'url', text: 'An address' },
] as const

/** As the API has them, the default first. */
const themes = [
  { value: 'editorial', text: 'Editorial' },
  { value: 'poster', text: 'Poster' },
  { value: 'quiet', text: 'Quiet' },
] as const

/** Six texts become six slides on one photograph; each can then be changed by itself. */
export function CarouselEditor(): VNode {
  const texts = useSignal<readonly SlideText[]>(firstTexts)
  const source = useSignal<Source>('prompt')
  const form = useRef<HTMLFormElement>(null)
  const { carousel, isBusy, fault, changed } = work.value
  const stored = carousel?.slides.filter(({ status }) => status === 'stored').length ?? 0
  return (
    <>
      <form
        ref={form}
        class="panel ask"
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          const base = baseOf(data, source.value)
          if (base !== undefined) void makeCarousel(base, texts.value, lookOf(data))
        }}
      >
        <Choice
          label="The photograph"
          options={sources}
          value={source.value}
          choose={(to) => (source.value = to)}
        />
        <BaseField source={source.value} />
        <LookFields />
        <div class="ask-row">
          <p role="status" class="stage">
            {fault === undefined &&
              statusText(isBusy, stored, carousel?.slides.length ?? texts.value.length, changed)}
          </p>
          {carousel !== undefined && !isBusy && (
            <span class="ask-links">
              <button type="button" class="button small" onClick={() => goTo('dashboard', `#${carousel.id}`)}>
                What it took
              </button>
              {stored === carousel.slides.length && <Archives id={carousel.id} />}
            </span>
          )}
          <button type="submit" class="button primary" disabled={isBusy}>
            {isBusy ? 'Making…' : carousel === undefined ? 'Make the slides' : 'Make them all anew'}
          </button>
        </div>
        {fault !== undefined && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        {carousel?.error !== undefined && !isBusy && <p class="fault">{carousel.error.message}</p>}
      </form>
      <ol class="slides">
        {texts.value.map((text, index) => (
          <SlideCard
            key={index}
            index={index}
            text={text}
            type={(next) => (texts.value = texts.value.with(index, next))}
          />
        ))}
      </ol>
    </>
  )
}

/** All slides as one file. With access on a link cannot send the key: then there is none. */
function Archives({ id }: { id: string }): VNode | null {
  if (about.value?.access === 'on') return null
  return (
    <>
      {['zip', 'pdf'].map((ending) => (
        <a
          key={ending}
          class="button small"
          href={`/v1/carousels/${id}.${ending}`}
          download={`${id}.${ending}`}
        >
          {ending.toUpperCase()}
        </a>
      ))}
    </>
  )
}

/** What all slides share besides the photograph. */
function LookFields(): VNode {
  return (
    <div class="ask-row">
      <label>
        Theme
        <select name="theme">
          {themes.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <label>
        Handle
        <input name="handle" type="text" dir="auto" maxLength={60} placeholder="none" autocomplete="off" />
      </label>
    </div>
  )
}

function statusText(isBusy: boolean, stored: number, all: number, changed: string | undefined): string {
  if (changed !== undefined) return changed
  if (isBusy) return stored === 0 ? 'Getting the photograph…' : `${stored} of ${all} slides are there.`
  return stored === 0 ? '' : `${stored} of ${all} slides are there. Change one below.`
}

function BaseField({ source }: { source: Source }): VNode {
  if (source === 'file') {
    return (
      <>
        <label for="base-file">A photograph from this machine</label>
        <input id="base-file" name="file" type="file" accept="image/*" required />
      </>
    )
  }
  if (source === 'url') {
    return (
      <>
        <label for="base-url">Where the photograph is; this server fetches it</label>
        <input id="base-url" name="url" type="url" maxLength={8192} required placeholder="https://" />
      </>
    )
  }
  return (
    <>
      <label for="base-prompt">What should the photograph show?</label>
      <textarea
        id="base-prompt"
        name="prompt"
        dir="auto"
        rows={2}
        maxLength={4000}
        required
        defaultValue="a lighthouse on a cliff at sunset"
      />
    </>
  )
}

function lookOf(data: FormData): Look {
  const word = (name: string): string => {
    const value = data.get(name)
    return typeof value === 'string' ? value : ''
  }
  return { theme: word('theme'), handle: word('handle') }
}

function baseOf(data: FormData, source: Source): Base | undefined {
  const value = data.get(source)
  if (source === 'file')
    return value instanceof File && value.size > 0 ? { kind: 'file', file: value } : undefined
  if (typeof value !== 'string') return undefined
  return source === 'prompt' ? { kind: 'prompt', prompt: value } : { kind: 'url', url: value }
}
