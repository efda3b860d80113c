import { describe, expect, test } from 'vitest'
import { chooseScene } from '../plan.ts'
import { createRandom } from '../random.ts'
import { lexicon } from './lexicon.ts'
import { parsePrompt, styleOf } from './parse-prompt.ts'

const read = (prompt: string, negative?: string): ReturnType<typeof parsePrompt> =>
  parsePrompt(prompt, negative)
const sceneOf = (prompt: string, negative?: string): string | undefined =>
  chooseScene(read(prompt, negative), createRandom(prompt))
const subjectsOf = (prompt: string, negative?: string): string[] =>
  read(prompt, negative).subjects.map(({ name }) => name)

describe('scenes and subjects', () => {
  test('a red sailboat at sunset', () => {
    const reading = read('a red sailboat at sunset')
    expect(reading.subjects).toMatchObject([
      { name: 'sailboat', colours: ['red'], count: 0, isPlural: false },
    ])
    expect(reading.time).toBe('sunset')
    expect(sceneOf('a red sailboat at sunset')).toBe('sea')
  })

  test.each([
    ['snow-capped mountains above a lake', 'mountains'],
    ['a misty pine forest', 'forest'],
    ['the skyline of New York at night', 'city'],
    ['sand dunes in the Sahara', 'desert'],
    ['Saturn and its rings', 'space'],
    ['rolling hills in Tuscany', 'meadow'],
    ['a cup of coffee', 'table'],
    ['perahu layar merah saat matahari terbenam', 'sea'],
    ['ein rotes Segelboot auf dem Meer', 'sea'],
    ['un velero rojo en el mar', 'sea'],
    ['une forêt brumeuse', 'forest'],
  ])('%s: %s', (prompt, scene) => {
    expect(sceneOf(prompt)).toBe(scene)
  })

  test('a named scene outweighs what a subject hints at', () => {
    expect(sceneOf('a sailboat in the desert')).toBe('desert')
    expect(sceneOf('a cat in the forest')).toBe('forest')
  })

  test('the order of subjects is kept: who chases is not who is chased', () => {
    expect(subjectsOf('a fox chasing a cat')).toEqual(['fox', 'cat'])
    expect(subjectsOf('a cat chasing a fox')).toEqual(['cat', 'fox'])
  })

  test('nothing known gives no scene', () => {
    expect(sceneOf('asdf qwer')).toBeUndefined()
    expect(sceneOf('')).toBeUndefined()
  })
})

describe('colours', () => {
  test('belong to the noun they stand before', () => {
    const reading = read('a blue house and two orange cats under a pink sky, teal')
    expect(reading.subjects).toMatchObject([
      { name: 'house', colours: ['blue'] },
      { name: 'cat', colours: ['orange'], count: 2 },
    ])
    expect(reading.skyColours).toEqual(['pink'])
    expect(reading.freeColours).toEqual(['teal'])
  })

  test('several join; a part names its whole', () => {
    expect(read('a red and white lighthouse').subjects[0]?.colours).toEqual(['red', 'white'])
    expect(read('a boat with yellow sails').subjects).toMatchObject([
      { name: 'sailboat', colours: ['yellow'] },
    ])
  })

  test('follow the noun where the language says so', () => {
    expect(read('un velero rojo').subjects[0]?.colours).toEqual(['red'])
    expect(read('perahu biru').subjects[0]?.colours).toEqual(['blue'])
  })

  test('of a word that means a scene and a subject go to the subject', () => {
    const reading = read('white seagulls')
    expect(reading.subjects).toMatchObject([{ name: 'bird', colours: ['white'], isPlural: true }])
    expect(reading.sceneColours).toEqual([])
  })
})

describe('counts, negation, styles', () => {
  test('counts as words and digits, bounded', () => {
    expect(read('three birds').subjects[0]?.count).toBe(3)
    expect(read('7 balloons').subjects[0]?.count).toBe(7)
    expect(read('900 cats').subjects[0]?.count).toBe(12)
    expect(read('(boat:1.3)').subjects[0]?.count).toBe(0)
  })

  test('the negative prompt takes things away, not what they hint at', () => {
    expect(subjectsOf('a cat and a fox', 'cat')).toEqual(['fox'])
    expect(sceneOf('a boat', 'boat')).toBeUndefined()
    expect(sceneOf('the sea with a boat', 'boats')).toBe('sea')
    expect(read('a red house', 'red').subjects[0]?.colours).toEqual([])
  })

  test('so do words of negation, for the next thing only', () => {
    expect(subjectsOf('a house without birds and a cat')).toEqual(['house', 'cat'])
  })

  test('styles by option and by word', () => {
    expect(styleOf('Aquarell')).toBe('watercolor')
    expect(styleOf('brutalism')).toBeUndefined()
    expect(parsePrompt('a poster of the sea', undefined, 'ink').style).toBe('ink')
    expect(read('a poster of the sea').style).toBe('poster')
  })

  test('unknown nouns are named, adjectives and verbs are not', () => {
    expect(read('a majestic dragon over a glowing city').unknownNouns).toEqual(['dragon'])
    expect(read('moody mountains reflecting in calm water').unknownNouns).toEqual([])
    expect(read('a steep snowy mountain in the distance').unknownNouns).toEqual([])
  })
})

test('every phrase of the lexicon can be found by the tokens that a prompt gives', () => {
  for (const phrase of lexicon.keys()) {
    expect(phrase).toBe(phrase.toLowerCase())
    expect(phrase.normalize('NFKD').replaceAll(/\p{M}+/gu, ''), phrase).toBe(phrase)
    expect(phrase.split(' ').length, phrase).toBeLessThanOrEqual(3)
  }
})
