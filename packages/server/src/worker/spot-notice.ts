import { stat } from 'node:fs/promises'

/** How often the file is looked for. Clouds give a notice of 30 s to two minutes. */
const pollMs = 1000

/**
 * Waits for word that this machine will be taken away: `SIGUSR2`, or a file that comes to be (a small script beside
 * the worker asks the cloud's metadata service in the cloud's own way).
 * @param onNotice called once
 * @returns stops waiting
 */
export function watchSpotNotice(file: string | undefined, onNotice: (from: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearInterval(timer)
    process.off('SIGUSR2', hear)
  }
  const tell = (from: string): void => {
    stop()
    onNotice(from)
  }
  const hear = (): void => tell('SIGUSR2')
  process.on('SIGUSR2', hear)
  if (file !== undefined) {
    timer = setInterval(() => {
      stat(file).then(
        () => tell(file),
        // Not there yet, or not readable: no notice either way.
        () => {},
      )
    }, pollMs).unref()
  }
  return stop
}
