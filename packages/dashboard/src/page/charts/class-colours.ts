/** Names and colours of cache classes, in the order in which they are shown. */
export const classes: readonly { name: string; text: string; colour: string; about: string }[] = [
  { name: 'hit', text: 'Hit', colour: '--class-hit', about: 'served from the edge' },
  {
    name: 'pre-generated',
    text: 'Pre-generated',
    colour: '--class-ahead',
    about: 'made before it was asked for',
  },
  { name: 'stale', text: 'Stale', colour: '--class-stale', about: 'served while a newer one is made' },
  { name: 'collapsed', text: 'Collapsed', colour: '--class-collapsed', about: 'joined work under way' },
  { name: 'miss', text: 'Miss', colour: '--class-miss', about: 'made for this ask' },
  { name: 'other', text: 'Other', colour: '--class-other', about: 'everything else: no pictures' },
]

/** A class by its name; one that this page does not know is shown by the name it has. */
export function classOf(name: string): { text: string; colour: string; about: string } {
  return classes.find((each) => each.name === name) ?? { text: name, colour: '--class-other', about: '' }
}

/** In the order of `classes`, the unknown last. */
export function inClassOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  const place = (item: T): number => {
    const index = classes.findIndex(({ name }) => name === nameOf(item))
    return index === -1 ? classes.length : index
  }
  return items.toSorted((one, other) => place(one) - place(other))
}
