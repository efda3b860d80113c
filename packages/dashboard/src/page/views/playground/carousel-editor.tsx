import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { Choice } from '../../parts/choice.tsx'
import { goTo } from '../../route.ts'
import type { Base, SlideText } from './carousel-work.ts'
import { firstTexts, makeCarousel, work } from './carousel-work.ts'
import { SlideCard } from './slide-card.tsx'

type Source = Base['kind']

const sources = [
  { value: 'prompt', text: 'Made from a prompt' },
  { value: 'file', text: 'A file' },
  { value: 'url', text: 'An address' },
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
          const base = baseOf(new FormData(event.currentTarget), source.value)
          if (base !== undefined) void makeCarousel(base, texts.value)
        }}
      >
        <Choice
          label="The photograph"
          options={sources}
          value={source.value}
          choose={(to) => (source.value = to)}
        />
        <BaseField source={source.value} />
        <div class="ask-row">
          <p role="status" class="stage">
            {fault === undefined &&
              statusText(isBusy, stored, carousel?.slides.length ?? texts.value.length, changed)}
          </p>
          {carousel !== undefined && !isBusy && (
            <button type="button" class="button small" onClick={() => goTo('dashboard', `#${carousel.id}`)}>
              What it took
            </button>
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

function baseOf(data: FormData, source: Source): Base | undefined {
  const value = data.get(source)
  if (source === 'file')
    return value instanceof File && value.size > 0 ? { kind: 'file', file: value } : undefined
  if (typeof value !== 'string') return undefined
  return source === 'prompt' ? { kind: 'prompt', prompt: value } : { kind: 'url', url: value }
}
