import { createHash } from 'node:crypto'
import { brotliDecompressSync, constants, unzipSync } from 'node:zlib'
import type { ProbeContext } from './context.ts'

/** Listens to the bytes of one answer as they pass. */
export interface AnswerMeter {
  chunk: (bytes: unknown) => void
  /** What has passed: `hash` is empty when not all of it was hashed. */
  result: () => { bytes: number; hash: string; sample: Uint8Array[] | undefined }
}

const sampleBytes = 65_536

/** A meter for an answer. Hashing stops for good in an answer once watching has cost more than it may. */
export function createAnswerMeter(context: ProbeContext): AnswerMeter {
  let bytes = 0
  let hash: ReturnType<typeof createHash> | undefined = createHash('sha256')
  let sample: Uint8Array[] | undefined = []
  return {
    chunk: (part) => {
      const piece = typeof part === 'string' ? Buffer.from(part) : part
      if (!(piece instanceof Uint8Array)) return
      bytes += piece.byteLength
      if (bytes > sampleBytes) sample = undefined
      // Node reuses no buffer that it has handed out; still, a copy of little is safer than a view of much.
      else sample?.push(Uint8Array.from(piece))
      if (hash === undefined) return
      if (!context.recorder.mayLook()) {
        hash = undefined
        return
      }
      const startedAt = performance.now()
      hash.update(piece)
      context.recorder.spent(startedAt)
    },
    result: () => ({ bytes, hash: hash?.digest('hex').slice(0, 32) ?? '', sample }),
  }
}

/** An answer that has just ended. */
interface RecentAnswer {
  id: number
  url: string
  endedAt: number
  headers: string
  encoding: string
  sample: Uint8Array[] | undefined
  words?: ReadonlySet<string>
}

const keptAnswers = 4
/** A request so long after an answer was not waiting for it. */
const followsWithinMs = 50

/** The last answers of a thread, to see which later requests use nothing of them. */
export interface RecentAnswers {
  keep: (answer: Omit<RecentAnswer, 'words'>) => void
  /** Numbers of the fetches that ended just before `now` and of whose answers nothing stands in the request. */
  independentOf: (request: { url: string; headers: string }, now: number) => number[]
}

/** A store of at most 4 answers of at most 64 KiB each. */
export function createRecentAnswers(): RecentAnswers {
  const answers: RecentAnswer[] = []
  return {
    keep: (answer) => {
      answers.push(answer)
      if (answers.length > keptAnswers) answers.shift()
    },
    independentOf: (request, now) =>
      answers
        .filter((answer) => now - answer.endedAt <= followsWithinMs && !usesAnswer(request, answer))
        .map(({ id }) => id),
  }
}

/** Whether anything that the request says and the earlier one did not stands in the earlier answer; true when unknown. */
function usesAnswer(request: { url: string; headers: string }, answer: RecentAnswer): boolean {
  if (answer.sample === undefined) return true
  const { sample, encoding } = answer
  const inAnswer = (answer.words ??= new Set(wordsOf(`${answer.headers}\n${textOf(sample, encoding)}`)))
  const before = new Set(wordsOf(answer.url))
  const words = [...wordsOf(request.url), ...wordsOf(request.headers)].filter((word) => !before.has(word))
  return words.some((word) => inAnswer.has(word))
}

function wordsOf(text: string): string[] {
  let plain = text
  try {
    plain = decodeURIComponent(text)
  } catch {
    // It holds a percent sign that stands for itself.
  }
  return plain.match(/[\p{L}\p{N}_.-]+/gu) ?? []
}

function textOf(sample: readonly Uint8Array[], encoding: string): string {
  const bytes = Buffer.concat(sample)
  try {
    if (encoding === 'br')
      return brotliDecompressSync(bytes, {
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
        maxOutputLength: 1e6,
      }).toString()
    if (encoding === 'gzip' || encoding === 'deflate')
      return unzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1e6 }).toString()
  } catch {
    return ''
  }
  return bytes.toString()
}
