import { PictureError } from '@darkroom/picture'
import { expect, test } from 'vitest'
import { CarouselError } from '../carousel-error.ts'
import { slideFailure, slideFileName } from './archive-slide.ts'

test('names sort as slides are shown', () => {
  const names = [0, 1, 9, 19].map((index) => slideFileName(index, 'point', 'jpeg'))
  expect(names).toEqual(['01-point.jpg', '02-point.jpg', '10-point.jpg', '20-point.jpg'])
  expect(names.toSorted()).toEqual(names)
  expect(slideFileName(0, 'hook', 'avif')).toBe('01-hook.avif')
})

test('our own errors are told in their words, others are not', () => {
  expect(slideFailure(new CarouselError('SLIDE_INVALID', 'The title is empty.'))).toEqual({
    code: 'SLIDE_INVALID',
    message: 'The title is empty.',
  })
  expect(slideFailure(new PictureError('TRUNCATED', 'The file ends early.')).code).toBe('TRUNCATED')
  expect(slideFailure(new TypeError('/home/me/secret is not a function'))).toEqual({
    code: 'INTERNAL',
    message: 'The slide could not be made.',
  })
})
