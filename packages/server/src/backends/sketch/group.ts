import type { Random } from './random.ts'
import type { Spot, Stage } from './stage.ts'
import type { Subject } from './subjects/subject.ts'
import type { SubjectReading } from './words/reading.ts'

/** One of a group: where its foot (or middle, in the air) is, and how tall it is. */
export interface Member {
  index: number
  xPx: number
  yPx: number
  heightPx: number
}

/** Successive places at this angle fill a disc evenly, as seeds fill a sunflower. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5))

/** A group may take this share of the picture's width. */
const widestShare = 0.84

/** The members of a group, those further away first. */
export function membersOf(stage: Stage, subject: Subject, reading: SubjectReading, spot: Spot): Member[] {
  const random = stage.random.fork(`group ${subject.name}`)
  const count = countOf(subject, reading, random)
  const extent = reading.extent === 'small' ? 0.6 : reading.extent === 'large' ? 1.3 : 1
  const tallest = (spot.heightPx * subject.scale * extent) / count ** 0.38
  if (count === 1) return [{ index: 0, xPx: spot.xPx, yPx: spot.yPx, heightPx: tallest }]
  const place = subject.habitat === 'sky' ? inTheAir : inARow
  const members = Array.from({ length: count }, (_, index): Member => {
    const heightPx = tallest * (index === 0 ? 1 : random.between(0.72, 0.98))
    return { index, heightPx, ...place(stage, spot, subject, { index, count, heightPx, tallest, random }) }
  })
  return members.toSorted((one, other) => one.yPx - other.yPx)
}

function countOf(subject: Subject, reading: SubjectReading, random: Random): number {
  const [least, most] = subject.group
  if (reading.count > 0) return reading.count
  if (reading.isPlural) return random.whole(Math.max(2, least), Math.max(4, most))
  return random.whole(least, most)
}

interface Rank {
  index: number
  count: number
  heightPx: number
  tallest: number
  random: Random
}

type Place = (stage: Stage, spot: Spot, subject: Subject, rank: Rank) => { xPx: number; yPx: number }

const inTheAir: Place = ({ widthPx }, spot, _subject, { index, count, heightPx, random }) => {
  const angle = index * goldenAngle + random.between(-0.3, 0.3)
  const reach = Math.sqrt((index + 0.35) / count) * spot.heightPx * 0.34 * count ** 0.38
  const yPx = spot.yPx + Math.sin(angle) * reach * 0.75
  return {
    xPx: spot.xPx + Math.cos(angle) * Math.min(reach * 1.5, widthPx * widestShare * 0.5),
    // Not out of the picture at its top.
    yPx: Math.max(heightPx * 0.6, yPx),
  }
}

const inARow: Place = ({ widthPx }, spot, subject, { index, count, tallest, random }) => {
  const width = Math.min((count - 1) * tallest * subject.aspect * 0.82, widthPx * widestShare)
  // The row as a whole moves inwards when it would leave the picture.
  const margin = width / 2 + widthPx * (1 - widestShare) * 0.5
  const middle = Math.min(widthPx - margin, Math.max(margin, spot.xPx))
  // Every other one a step back: a row of soldiers is no group.
  const back = index % 2 === 0 ? 0 : 0.1
  return {
    xPx: middle + width * (index / (count - 1) - 0.5 + random.between(-0.05, 0.05)),
    yPx: spot.yPx - tallest * (back + random.between(-0.04, 0.04)),
  }
}
