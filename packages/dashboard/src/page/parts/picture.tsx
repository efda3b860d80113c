import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { ask } from '../api/call.ts'
import { about } from '../api/session.ts'

/** Pictures that are kept while the page is open, with access on; each is one request with the key. */
const maxKept = 80

/** Blob addresses by path, the one used longest ago first. */
const kept = new Map<string, string>()

interface PictureProps {
  /** As an answer has it; only its path is used, so that it comes from this server. */
  url: string
  widthPx: number
  alt: string
  class?: string
}

/**
 * A picture of this server. With access off its address is enough; with access on an `<img>` cannot send the key,
 * so that the picture is fetched and shown from memory.
 */
export function Picture({ url, widthPx, alt, class: className = '' }: PictureProps): VNode {
  const path = variantPath(url, widthPx)
  const needsKey = about.value?.access === 'on'
  const source = useSignal<string | undefined>(undefined)
  const failed = useSignal(false)
  useEffect(() => {
    failed.value = false
    if (!needsKey) return void (source.value = path)
    const controller = new AbortController()
    source.value = kept.get(path)
    if (source.value === undefined)
      blobOf(path, controller.signal).then(
        (found) => (source.value = found),
        () => (failed.value = !controller.signal.aborted),
      )
    return () => controller.abort()
  }, [path, needsKey])
  if (failed.value) return <span class={`picture-gone ${className}`}>not readable</span>
  if (source.value === undefined) return <span class={`picture-waiting ${className}`} />
  return (
    <img
      class={className}
      src={source.value}
      alt={alt}
      // So that the server tells the gallery's own looks from those of readers.
      referrerpolicy="same-origin"
      loading="lazy"
      decoding="async"
      onError={() => (failed.value = true)}
    />
  )
}

/** The path of a variant, on this server whatever address pictures have for others. */
export function variantPath(url: string, widthPx: number): string {
  const { pathname } = new URL(url, location.href)
  return `${pathname}?w=${widthPx}&format=auto`
}

async function blobOf(path: string, signal: AbortSignal): Promise<string> {
  const headers = { accept: 'image/avif,image/webp,image/*;q=0.8' }
  const answer = await ask(path, { signal, headers, referrerPolicy: 'same-origin' })
  const made = URL.createObjectURL(await answer.blob())
  kept.set(path, made)
  for (const [oldest, address] of kept) {
    if (kept.size <= maxKept) break
    kept.delete(oldest)
    URL.revokeObjectURL(address)
  }
  return made
}
