import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
await Promise.all(
  Array.from({ length: 12 }, (_, number) =>
    promisify(pbkdf2)('password', String(number), 60_000, 64, 'sha512'),
  ),
)
console.log('derived')
