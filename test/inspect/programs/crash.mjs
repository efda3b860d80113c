import './six-downloads.mjs'
throw new Error('as planned')
