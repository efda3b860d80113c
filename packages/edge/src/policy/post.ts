import { headerListOf } from '../headers/header-list.ts'
import { responseDirectivesOf } from './response-directives.ts'

/**
 * Is the answer to a POST also that of a GET of its URL (RFC 9110 section 9.3.3)? It says so by naming the URL in
 * `Content-Location`, and how long by itself: no heuristic makes it so.
 */
export function isAnswerToGet(url: string, response: Response): boolean {
  const location = response.headers.get('content-location')
  if (response.status !== 200 || location === null || !URL.canParse(location, url)) return false
  if (new URL(location, url).href !== url) return false
  const { sMaxageS, maxAgeS, targeted } = responseDirectivesOf(headerListOf(response.headers))
  return (sMaxageS ?? maxAgeS) !== undefined || (!targeted && response.headers.has('expires'))
}
