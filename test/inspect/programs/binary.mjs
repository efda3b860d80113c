process.stdin.pipe(process.stdout)
process.stdout.write(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))
