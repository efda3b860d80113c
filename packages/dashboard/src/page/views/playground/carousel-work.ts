import { signal } from '@preact/signals'
import { ask, askJson, send } from '../../api/call.ts'
import { eventsToTheEnd } from '../../api/event-stream.ts'
import type { Carousel } from '../../api/shapes.ts'
import { scope } from './make-picture.ts'

/** The text of one slide as it stands in its card. */
export interface SlideText {
  kind: string
  title: string
  body: string
  /** Of the button that a call to action has; other kinds have none. */
  label: string
}

/** Where the photograph comes from. */
export type Base =
  | { kind: 'prompt'; prompt: string }
  | { kind: 'url'; url: string }
  | { kind: 'file'; file: File }

/** How all slides look. */
export interface Look {
  /** As the API names it. */
  theme: string
  /** Who posts it, with its `@`; empty for none. */
  handle: string
}

/** Slides before somebody types others. */
export const firstTexts: readonly SlideText[] = [
  { kind: 'hook', title: 'Six slides, **one** photograph', body: '', label: '' },
  {
    kind: 'point',
    title: 'Fetched once',
    body: 'The photograph comes over the network a single time.',
    label: '',
  },
  { kind: 'point', title: 'Decoded once', body: 'All slides share its pixels.', label: '' },
  {
    kind: 'point',
    title: 'Looked at once',
    body: 'Faces, calm areas and colours are found for all of them.',
    label: '',
  },
  { kind: 'point', title: 'Drawn six times', body: 'Each slide is one overlay, and no more.', label: '' },
  { kind: 'cta', title: 'Change this text', body: 'Only this slide is drawn again.', label: 'Try it' },
]

/** What the editor is at. */
export interface Work {
  carousel: Carousel | undefined
  isBusy: boolean
  fault: string | undefined
  /** Slides that are drawn again, by index. */
  changing: ReadonlySet<number>
  /** What the last change needed, in words. */
  changed: string | undefined
}

export const work = signal<Work>({
  carousel: undefined,
  isBusy: false,
  fault: undefined,
  changing: new Set(),
  changed: undefined,
})

let following: AbortController | undefined

function change(part: Partial<Work>): void {
  work.value = { ...work.value, ...part }
}

/** Makes a carousel and shows each slide when it is there. Never rejects. */
export async function makeCarousel(base: Base, slides: readonly SlideText[], look: Look): Promise<void> {
  following?.abort()
  following = new AbortController()
  const { signal: left } = following
  change({ carousel: undefined, isBusy: true, fault: undefined, changed: undefined, changing: new Set() })
  try {
    const begun = await post(base, slides, look, left)
    change({ carousel: begun })
    await followCarousel(begun.id, left)
  } catch (error) {
    if (!left.aborted) change({ fault: messageOf(error) })
  }
  if (!left.aborted) change({ isBusy: false })
}

async function post(
  base: Base,
  slides: readonly SlideText[],
  { theme, handle }: Look,
  left: AbortSignal,
): Promise<Carousel> {
  const asked = {
    theme,
    ...(handle.trim() === '' ? {} : { brand: { handle: handle.trim() } }),
    slides: slides.map(({ kind, title, ...text }) => ({ kind, title, ...givenOf({ kind, ...text }) })),
    scope,
  }
  if (base.kind === 'prompt')
    return await send(
      'POST',
      '/v1/carousels',
      { ...asked, base: { prompt: base.prompt, size: '1024x1280' } },
      left,
    )
  if (base.kind === 'url')
    return await send('POST', '/v1/carousels', { ...asked, base: { url: base.url } }, left)
  const form = new FormData()
  form.set('carousel', JSON.stringify(asked))
  form.set('file', base.file)
  const headers = { prefer: 'respond-async' }
  return await askJson('/v1/carousels', { method: 'POST', headers, body: form, signal: left })
}

/** What a slide has besides its title; an empty text is none. */
function givenOf({ kind, body, label }: Omit<SlideText, 'title'>): { body?: string; label?: string } {
  return {
    ...(body.trim() === '' ? {} : { body }),
    ...(kind !== 'cta' || label.trim() === '' ? {} : { label }),
  }
}

/** Reads the record at each event, so that slides come one after another. */
async function followCarousel(id: string, left: AbortSignal): Promise<void> {
  const isLast = ({ type }: { type: string }): boolean => /^(?:stored|failed|cancelled)$/u.test(type)
  for await (const event of eventsToTheEnd(`/v1/carousels/${id}/events`, left, isLast))
    if (event.type === 'slide' || isLast(event)) await readAgain(id, left)
  await readAgain(id, left)
}

async function readAgain(id: string, left: AbortSignal): Promise<void> {
  change({ carousel: await askJson<Carousel>(`/v1/carousels/${id}`, { signal: left }) })
}

/** Changes the words of one slide: one overlay is drawn. Never rejects. */
export async function changeSlide(index: number, { kind, title, ...text }: SlideText): Promise<void> {
  const id = work.value.carousel?.id
  if (id === undefined) return
  change({ changing: new Set([...work.value.changing, index]), fault: undefined, changed: undefined })
  try {
    // Waits for it: the answer says what this change alone needed.
    const answer = await ask(`/v1/carousels/${id}/slides/${index}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({
        title,
        body: null,
        ...(kind === 'cta' ? { label: null } : {}),
        ...givenOf({ kind, ...text }),
      }),
    })
    const after = (await answer.json()) as Carousel
    if (work.value.carousel?.id === id) change({ carousel: after, changed: workText(index, after) })
  } catch (error) {
    change({ fault: messageOf(error) })
  }
  change({ changing: new Set([...work.value.changing].filter((each) => each !== index)) })
}

/** `Slide 3: 1 overlay, 1 encode. The other 5 slides stayed as they are.` */
function workText(index: number, { work: counts, slides }: Carousel): string {
  const units = Object.entries(counts).filter(([, times]) => times > 0)
  const words =
    units.length === 0
      ? 'it had been drawn before, and was there'
      : units.map(([kind, times]) => `${times} ${times === 1 ? singular(kind) : kind}`).join(', ')
  return `Slide ${index + 1}: ${words}. The other ${slides.length - 1} slides stayed as they are.`
}

/** `overlays`, `analyses`: the API's names of units, one of them. */
function singular(kind: string): string {
  return kind.replace(/ses$/u, 'sis').replace(/(?:(?<=ch)es|(?<!si)s)$/u, '')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
