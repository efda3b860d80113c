import { ask, askJson, send } from '../../api/call.ts'
import { eventsToTheEnd } from '../../api/event-stream.ts'
import type { Generation } from '../../api/shapes.ts'

/** What is asked for. */
export interface PictureAsk {
  prompt: string
  /** `1024x768`. */
  size: string
  seed: number
}

/** A picture on its way, as it is shown. */
export interface Making {
  ask: PictureAsk
  stage: 'asking' | 'queued' | 'loading' | 'drawing' | 'stored' | 'failed'
  /** 0..1 while it is drawn, where the backend tells. */
  fraction: number | undefined
  /** A `data:` or `blob:` address of the preview or the picture. */
  source: string | undefined
  isPreview: boolean
  message: string | undefined
  record: Generation | undefined
  /** From the ask to the picture on this page. */
  tookMs: number | undefined
}

/** The scope of everything that this page makes. */
export const scope = 'playground'

/** Asks for a picture and tells each change. Never rejects: what goes wrong is a stage too. */
export async function makePicture(
  picture: PictureAsk,
  signal: AbortSignal,
  tell: (making: Making) => void,
): Promise<void> {
  const beganAt = performance.now()
  let making: Making = {
    ask: picture,
    stage: 'asking',
    fraction: undefined,
    source: undefined,
    isPreview: false,
    message: undefined,
    record: undefined,
    tookMs: undefined,
  }
  const change = (part: Partial<Making>): void => {
    making = { ...making, ...part }
    if (!signal.aborted) tell(making)
  }
  change({})
  try {
    const { id } = await send<Generation>('POST', '/v1/generations', { ...picture, scope }, signal)
    await follow(id, signal, change)
    const record = await askJson<Generation>(`/v1/generations/${id}`, { signal })
    const url = record.images[0]?.url
    if (!url) throw new Error(record.error?.message ?? 'The picture is not there any more.')
    const { pathname } = new URL(url, location.href)
    const headers = { accept: 'image/webp,image/*;q=0.8' }
    const answer = await ask(`${pathname}?format=auto`, { headers, signal })
    const source = URL.createObjectURL(await answer.blob())
    change({ stage: 'stored', source, isPreview: false, record, tookMs: performance.now() - beganAt })
  } catch (error) {
    if (signal.aborted) return
    change({ stage: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

/** Tells what happens until it is stored. @throws Error with the reason when it is not */
async function follow(
  id: string,
  signal: AbortSignal,
  change: (part: Partial<Making>) => void,
): Promise<void> {
  const isLast = ({ type }: { type: string }): boolean => /^(?:stored|failed|cancelled)$/u.test(type)
  for await (const { type, data } of eventsToTheEnd(`/v1/generations/${id}/events`, signal, isLast)) {
    if (type === 'failed')
      throw new Error(typeof data['message'] === 'string' ? data['message'] : 'It has failed.')
    if (type === 'cancelled') throw new Error('It was cancelled.')
    if (type === 'queued') change({ stage: 'queued' })
    if (type === 'loading') change({ stage: 'loading' })
    if (type === 'started') change({ stage: 'drawing' })
    if (type === 'progress' && typeof data['fraction'] === 'number')
      change({ stage: 'drawing', fraction: data['fraction'] })
    if (type === 'preview' && typeof data['b64'] === 'string')
      change({
        stage: 'drawing',
        source: `data:${String(data['mediaType'])};base64,${data['b64']}`,
        isPreview: true,
      })
  }
}

/** The address at which a page of anybody's shows this picture, made when it is first looked at. */
export function liveUrl({ prompt, size, seed }: PictureAsk): string {
  const query = new URLSearchParams({ prompt, size, seed: String(seed) })
  return `${location.origin}/live/${scope}?${query}`
}

/** What a shell sends to ask for it. The key is the reader's to fill in. */
export function curlOf(picture: PictureAsk, withKey: boolean): string {
  const lines = [
    `curl ${location.origin}/v1/generations`,
    ...(withKey ? ['-H "Authorization: Bearer $DARKROOM_API_KEY"'] : []),
    `-H 'content-type: application/json'`,
    `-d ${shellQuoted(JSON.stringify({ ...picture, scope }))}`,
  ]
  return lines.join(' \\\n  ')
}

/** One word of a POSIX shell, whatever is in it. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
