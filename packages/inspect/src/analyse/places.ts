import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame } from '../probe/events.ts'
import type { Operation } from './timeline.ts'

/** Names places in the program for people. */
export interface Places {
  /** `file:line`, relative to the folder; empty where there is no frame. */
  at: (frame: Frame | undefined) => string
}

/** @param folder what file names are relative to */
export function createPlaces(folder: string): Places {
  return {
    at: (frame) => {
      if (frame === undefined || frame.file === '') return ''
      let { file } = frame
      try {
        if (file.startsWith('file:')) file = fileURLToPath(file)
      } catch {
        // Shown as it is.
      }
      const near = relative(folder, file)
      return `${near === '' || near.startsWith('..') ? file : near}:${frame.line}`
    },
  }
}

/** The innermost line of the program. */
export function callFrame(operation: Operation): Frame | undefined {
  return operation.frames.find(({ joins }) => joins === undefined)
}

/**
 * What to take out of the branch: the outermost function between the fan-out and the call, which is not the branch
 * itself; else the call where it stands.
 */
export function hoistName(operation: Operation, what: string): string {
  const frame = callFrame(operation)
  const [outer] = operation.memberships
  const library = libraryOf(frame)
  // Its inner functions are nothing that could be hoisted.
  if (library !== '') return `the ${what} by ${library}`
  const fanOutName = outer?.fanOut.frames[0]?.name ?? ''
  const beneath = operation.frames.filter(
    ({ joins, name }) => joins === undefined && name !== '' && name !== fanOutName,
  )
  if (frame !== undefined && frame.name !== '' && frame.name !== fanOutName && beneath.length > 0) {
    // Alone between fan-out and call it is the branch: it does more than this.
    const next = operation.frames[operation.frames.indexOf(frame) + 1]
    const isBranch = next === undefined || next.joins !== undefined || next.name === fanOutName
    return isBranch && frame.name.length > 0 && !isLoader(frame.name)
      ? `the ${what} in \`${frame.name}()\``
      : `\`${frame.name}()\``
  }
  return `the ${what}`
}

/** The package of a frame; empty for the program's own. Such frames stand alone: no line of the program was known. */
function libraryOf(frame: Frame | undefined): string {
  const inside = frame?.file
    .split(/[\\/]node_modules[\\/]/u)
    .slice(1)
    .at(-1)
  return /^(?:@[^\\/]+[\\/])?[^\\/]+/u.exec(inside ?? '')?.[0] ?? ''
}

/** A name that says that bringing something is all it does. */
function isLoader(name: string): boolean {
  return /^(?:load|fetch|get|read|download|decode|open|request)/iu.test(name)
}
