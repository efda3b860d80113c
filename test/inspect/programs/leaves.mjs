await import('./six-downloads.mjs')
process.exit(7)
