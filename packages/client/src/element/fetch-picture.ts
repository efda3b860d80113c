import { isChromium } from '../engine.ts'

/**
 * Asks as the browser's own images do: where formats are negotiated (`Vary: Accept`) any other `Accept` would miss what
 * they have put into the cache, and get another file.
 */
export async function fetchPicture(url: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(url, { ...init, headers: { accept: imageAccept() } })
}

function imageAccept(): string {
  return isChromium
    ? 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'
    : 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5'
}
