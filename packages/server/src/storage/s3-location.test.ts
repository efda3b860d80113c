import { expect, test } from 'vitest'
import { parseS3Url } from './s3-location.ts'

test.each([
  ['s3://bucket', 'bucket', ''],
  ['s3://bucket/', 'bucket', ''],
  ['s3://my.bucket-1/some/prefix', 'my.bucket-1', 'some/prefix/'],
  ['s3://bucket/prefix/', 'bucket', 'prefix/'],
])('reads %s', (text, bucket, prefix) => {
  expect(parseS3Url(text)).toEqual({ bucket, prefix })
})

test.each([
  's3://',
  's3:///prefix',
  's3://Bucket',
  's3://b',
  's3://bucket//x',
  's3://bucket/../x',
  's3://bucket/.hidden/',
  's3://bucket/a b',
  's3://bucket/ä',
  's3://bucket?x=1',
  's3://user:secret@bucket',
  's3:bucket',
  'file:/srv',
])('refuses %s', (text) => {
  expect(parseS3Url(text)).toBeUndefined()
})
