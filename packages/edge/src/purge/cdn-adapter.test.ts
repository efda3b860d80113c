import { createBunny } from './bunny.ts'
import { describeCdnContract, testKey } from './cdn-adapter.contract.ts'
import { createCloudflare } from './cloudflare.ts'
import { createCloudFront } from './cloudfront.ts'
import { createFastly } from './fastly.ts'
import { createVarnish } from './varnish.ts'

const url = 'https://shop.example/live/demo?prompt=a+fox&w=64'

describeCdnContract('cloudflare', {
  create: (baseUrl, options) => createCloudflare({ ...options, baseUrl, zoneId: 'zone1', apiToken: testKey }),
  success: { status: 200, body: '{"success":true,"errors":[],"messages":[],"result":{"id":"1"}}' },
  unauthorized: {
    status: 403,
    body: '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
  },
  falseSuccess: [
    { status: 200, body: '{"success":false,"errors":[{"code":1,"message":"later"}]}', outcome: 'retry' },
    { status: 200, body: '<html>a captive portal</html>', outcome: 'retry' },
    { status: 200, body: '', outcome: 'retry' },
  ],
  requests: [
    {
      purge: { tags: ['a', 'b'], soft: false },
      request: {
        method: 'POST',
        path: '/zones/zone1/purge_cache',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
        body: '{"tags":["a","b"]}',
      },
    },
    {
      purge: { tags: ['a'], soft: true },
      request: { method: 'POST', path: '/zones/zone1/invalidate_cache', body: '{"tags":["a"]}' },
    },
    {
      purge: { urls: [url], soft: false },
      request: { method: 'POST', path: '/zones/zone1/purge_cache', body: JSON.stringify({ files: [url] }) },
    },
    {
      purge: { everything: true, soft: false },
      request: { method: 'POST', path: '/zones/zone1/purge_cache', body: '{"purge_everything":true}' },
    },
    {
      purge: { everything: true, soft: true },
      request: { method: 'POST', path: '/zones/zone1/invalidate_cache', body: '{"purge_everything":true}' },
    },
  ],
})

describeCdnContract('fastly', {
  create: (baseUrl, options) => createFastly({ ...options, baseUrl, serviceId: 'SU1Z', apiToken: testKey }),
  success: { status: 200, body: '{"status":"ok"}' },
  unauthorized: { status: 401, body: '{"msg":"Provided credentials are missing or invalid"}' },
  falseSuccess: 'its API says failures by status',
  requests: [
    {
      purge: { tags: ['a', 'b'], soft: false },
      request: {
        method: 'POST',
        path: '/service/SU1Z/purge',
        headers: { 'fastly-key': testKey, 'content-type': 'application/json', accept: 'application/json' },
        body: '{"surrogate_keys":["a","b"]}',
      },
    },
    {
      purge: { tags: ['a'], soft: true },
      request: {
        method: 'POST',
        path: '/service/SU1Z/purge',
        headers: { 'fastly-soft-purge': '1' },
        body: '{"surrogate_keys":["a"]}',
      },
    },
    {
      purge: { urls: [url], soft: true },
      request: {
        method: 'POST',
        path: '/purge/shop.example/live/demo?prompt=a+fox&w=64',
        headers: { 'fastly-soft-purge': '1' },
        body: '',
      },
    },
    {
      purge: { everything: true, soft: false },
      request: { method: 'POST', path: '/service/SU1Z/purge_all', body: '' },
    },
  ],
})

describeCdnContract('bunny', {
  create: (baseUrl, options) => createBunny({ ...options, baseUrl, pullZoneId: '42', apiKey: testKey }),
  success: { status: 204, body: '' },
  unauthorized: { status: 401, body: '{"Message":"The request authorization failed."}' },
  falseSuccess: 'its API says failures by status',
  requests: [
    {
      purge: { tags: ['a'], soft: false },
      request: {
        method: 'POST',
        path: '/pullzone/42/purgeCache',
        headers: { accesskey: testKey, 'content-type': 'application/json' },
        body: '{"CacheTag":"a"}',
      },
    },
    {
      purge: { urls: [url], soft: false },
      request: { method: 'POST', path: `/purge?url=${encodeURIComponent(url)}&async=false`, body: '' },
    },
    {
      purge: { everything: true, soft: false },
      request: { method: 'POST', path: '/pullzone/42/purgeCache', body: '' },
    },
  ],
})

describeCdnContract('varnish', {
  create: (baseUrl, options) => createVarnish({ ...options, url: baseUrl, purgeKey: testKey }),
  success: { status: 200, body: 'Purged\n' },
  unauthorized: { status: 403, body: 'Not from here' },
  falseSuccess: [{ status: 200, body: '<html>the page itself</html>', outcome: 'refused' }],
  requests: [
    {
      purge: { tags: ['a', 'b'], soft: false },
      request: {
        method: 'PURGE',
        path: '/',
        headers: { 'xkey-purge': 'a b', 'x-purge-key': testKey },
        body: '',
      },
    },
    {
      purge: { tags: ['a'], soft: true },
      request: { method: 'PURGE', path: '/', headers: { 'xkey-softpurge': 'a' }, body: '' },
    },
    {
      purge: { urls: [url], soft: true },
      request: {
        method: 'PURGE',
        path: '/',
        headers: {
          'x-purge-host': 'shop.example',
          'x-purge-path': '/live/demo?prompt=a+fox&w=64',
          'x-purge-soft': '1',
        },
        body: '',
      },
    },
    {
      purge: { everything: true, soft: false },
      request: { method: 'PURGE', path: '/', headers: { 'x-purge-everything': '1' }, body: '' },
    },
  ],
})

const batch = (paths: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">' +
  `<Paths>${paths}</Paths><CallerReference>order-1</CallerReference></InvalidationBatch>`

describeCdnContract('cloudfront', {
  create: (baseUrl, options) =>
    createCloudFront({
      ...options,
      baseUrl,
      distributionId: 'EDFDVBD6',
      // The server's own signer is tested with it; what it makes is passed on as it is.
      sign: async ({ headers }) => ({
        ...headers,
        authorization: 'AWS4-HMAC-SHA256 signed',
      }),
    }),
  success: { status: 201, body: '<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>' },
  unauthorized: {
    status: 403,
    body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>',
  },
  falseSuccess: [
    {
      // No success at all, and no refusal either.
      status: 400,
      body: '<ErrorResponse><Error><Code>TooManyInvalidationsInProgress</Code></Error></ErrorResponse>',
      outcome: 'retry',
    },
  ],
  requests: [
    {
      purge: { tags: ['scope:a', 'b&c'], soft: false },
      request: {
        method: 'POST',
        path: '/2020-05-31/distribution/EDFDVBD6/invalidation',
        headers: { authorization: 'AWS4-HMAC-SHA256 signed', 'content-type': 'text/xml' },
        body: batch('<Quantity>2</Quantity><Items><Path>#scope:a</Path><Path>#b&#38;c</Path></Items>'),
      },
    },
    {
      purge: { urls: ['https://shop.example/a*?b=1&c=2'], soft: false },
      request: {
        method: 'POST',
        path: '/2020-05-31/distribution/EDFDVBD6/invalidation',
        body: batch('<Quantity>1</Quantity><Items><Path>/a%2A?b=1&#38;c=2</Path></Items>'),
      },
    },
    {
      purge: { everything: true, soft: true },
      request: {
        method: 'POST',
        path: '/2020-05-31/distribution/EDFDVBD6/invalidation',
        body: batch('<Quantity>1</Quantity><Items><Path>/*</Path></Items>'),
      },
    },
  ],
})
