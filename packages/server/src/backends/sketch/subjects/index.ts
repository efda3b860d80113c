import type { SubjectName } from '../words/meaning.ts'
import { balloon } from './balloon.ts'
import { bird } from './bird.ts'
import { cat } from './cat.ts'
import { fox } from './fox.ts'
import { house } from './house.ts'
import { lighthouse } from './lighthouse.ts'
import { sailboat } from './sailboat.ts'
import type { Subject } from './subject.ts'
import { tree } from './tree.ts'

/** Every subject by name. */
export const subjects: Readonly<Record<SubjectName, Subject>> = {
  sailboat,
  tree,
  house,
  lighthouse,
  bird,
  cat,
  fox,
  balloon,
}
