import type { FontFace } from './font-face.ts'
import type { Fonts, HanLanguage } from './fonts.ts'
import type { PlainText } from './markup.ts'

/** A part of a text that one face draws with one emphasis. */
export interface Run {
  start: number
  end: number
  face: FontFace
  /** Indexes of the face's files that it needs, in the order that the face has them. */
  files: number[]
  emphasis: boolean
}

/** A text with the fonts that draw it. */
export interface ItemisedText {
  /** What no font has is `missingMark` here. */
  text: string
  /** Of each UTF-16 unit of `text`: 1 where it is emphasised. */
  emphasis: Uint8Array
  runs: readonly Run[]
  /** Where grapheme clusters begin, and the end of the text. */
  boundaries: ReadonlySet<number>
  /** Each once, in order of appearance. */
  missing: readonly string[]
  language: HanLanguage
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Drawn for what no font has: a question mark in a box, in Noto Sans Symbols. */
export const missingMark = '\u2370'

/** Chooses a face for each grapheme cluster, and puts neighbours of one face together. */
export function itemise(plain: PlainText, family: string, fonts: Fonts): ItemisedText {
  const language = languageOf(plain.text)
  const runs: Run[] = []
  const boundaries = new Set([0])
  const missing = new Set<string>()
  let text = ''
  for (const { segment, index } of graphemes.segment(plain.text)) {
    const emphasis = plain.emphasis[index] === 1
    const last = runs.at(-1)
    const neutral = isNeutral(segment)
    // Spaces and points go with the word before them, if its font has them.
    let choice =
      neutral && last !== undefined && !last.face.isEmoji ? fonts.chooseIn(last.face, segment) : undefined
    choice ??= fonts.choose(segment, family, language)
    let cluster = segment
    if (choice === undefined) {
      missing.add(segment)
      cluster = missingMark
      choice = fonts.choose(missingMark, family, language)
    }
    if (choice === undefined) continue
    const start = text.length
    text += cluster
    boundaries.add(text.length)
    if (
      last !== undefined &&
      last.face === choice.face &&
      last.emphasis === emphasis &&
      canShare(last, choice.file)
    ) {
      last.end = text.length
      addFile(last.files, choice.file)
    } else {
      runs.push({ start, end: text.length, face: choice.face, files: [choice.file], emphasis })
    }
  }
  const emphasis = new Uint8Array(text.length)
  for (const run of runs) if (run.emphasis) emphasis.fill(1, run.start, run.end)
  return { text, emphasis, runs, boundaries, missing: [...missing], language }
}

/** Files of emoji overlap, and only the right one has the sequence: those are never mixed. */
function canShare(run: Run, file: number): boolean {
  return !run.face.isEmoji || run.files[0] === file
}

function addFile(files: number[], file: number): void {
  if (files.includes(file)) return
  files.push(file)
  files.sort((a, b) => a - b)
}

function isNeutral(cluster: string): boolean {
  return /^[\s\p{P}\p{Sc}\p{Sm}]+$/u.test(cluster)
}

/** Kana make it Japanese, Hangul Korean; ideographs or their punctuation alone Chinese. */
function languageOf(text: string): HanLanguage {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja'
  if (/\p{Script=Hangul}/u.test(text)) return 'ko'
  return /[\p{Script=Han}\u3000-\u303F\uFF00-\uFF60]/u.test(text) ? 'zh' : 'none'
}
