/** How far from what is seen a picture is fetched: a flick of the finger. */
const margin = '800px'

/** Resolves with true when an element comes near to what is seen, with false when nobody waits any more. */
export async function isNear(element: Element, signal: AbortSignal): Promise<boolean> {
  return await new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return
        observer.disconnect()
        resolve(true)
      },
      { rootMargin: margin },
    )
    observer.observe(element)
    signal.addEventListener('abort', () => {
      observer.disconnect()
      resolve(false)
    })
  })
}
