import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
createHash('sha256')
void readFile('/there/is/no/such/file')
void Promise.all([fetch('http://127.0.0.1:1/'), fetch('http://127.0.0.1:1/')])
