import type { SubjectName } from '../words/meaning.ts'
import { sailboat } from './sailboat.ts'
import type { Subject } from './subject.ts'
import { tree } from './tree.ts'

/** Every subject by name. */
export const subjects: Readonly<Record<SubjectName, Subject>> = {
  sailboat,
  tree,
  house: tree,
  lighthouse: tree,
  bird: sailboat,
  cat: tree,
  fox: tree,
  balloon: sailboat,
}
