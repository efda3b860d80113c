await import('./six-downloads.mjs')
console.log('still here')
setInterval(() => undefined, 1000)
