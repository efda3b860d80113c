import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'

/** How long pictures are kept, in days; `undefined`: for ever. */
export interface RetentionRule {
  /** After they were made. */
  maxAgeDays: number | undefined
  /** After they were last used. */
  unusedDays: number | undefined
}

/** Use is written down this coarsely, as a part of the shortest rule; a picture goes as much later. */
export const useGrain: number = 1 / 8

/**
 * Whether the rule of a place has ended for something of that age. `place` is the alias of a row with `project` and
 * `scope`; a scope of its own that says nothing has the defaults, 0 is for ever.
 * @param times columns or expressions: when it was made, when it was last used
 */
export function ruleHasEnded(
  defaults: RetentionRule,
  now: Date,
  times: { madeAt: RawBuilder<unknown>; usedAt: RawBuilder<unknown> },
): RawBuilder<boolean> {
  const age = daysOf('rule.retain_days', defaults.maxAgeDays)
  const unused = daysOf('rule.retain_unused_days', defaults.unusedDays)
  return sql<boolean>`(
    coalesce(${times.madeAt} < ${now}::timestamptz - ${age} * interval '1 day', false) or
    coalesce(${times.usedAt} < ${now}::timestamptz - ${unused} * ${1 + useGrain}::float8 * interval '1 day', false)
  )`
}

function daysOf(column: string, fallback: number | undefined): RawBuilder<number | null> {
  return sql`nullif(coalesce(${sql.ref(column)}, ${fallback ?? null}::float8), 0)`
}

/**
 * Pictures (rows of `images` as `picture`) that no place which asked for them keeps any more, and that nothing stands on.
 *
 * Kept are: what an open record starts from (an edit's picture, mask and references); what a carousel that stands uses, as
 * base, logo or slide; and what an `Idempotency-Key` of
 * the last day may still be answered with. Places are the scopes that asked; the scope for which it was foreseen, as long
 * as none has; and for what is in no scope (uploads, fetched bases) the project, with the defaults.
 */
export function expiredPicture(defaults: RetentionRule, now: Date): RawBuilder<boolean> {
  return sql<boolean>`(
    picture.deleted_at is null
    and not exists (
      select from (
        select requests.project, requests.scope
        from request_images join requests on requests.id = request_images.request_id
        where request_images.generation_id = picture.generation_id
        union
        select made.project, made.scope from generations as made
        where made.id = picture.generation_id
          and not exists (select from request_images where generation_id = picture.generation_id)
        union
        select picture.project, null where picture.generation_id is null
      ) as place
      left join scopes as rule on rule.project = place.project and rule.name = place.scope
      where not ${ruleHasEnded(defaults, now, { madeAt: sql`picture.created_at`, usedAt: lastUse })}
    )
    and not exists (select from carousel_slides where image_id = picture.id)
    and not exists (select from carousels where base_image_id = picture.id)
    and not exists (select from carousels where logo_hash = picture.object_hash)
    and not exists (
      select from carousels where status in ('queued', 'running')
        and (base_generation_id = picture.generation_id or base ->> 'image' = picture.id
          or design -> 'brand' -> 'logo' ->> 'image' = picture.id)
    )
    and not ${isStillToBeRead('picture')}
    and not exists (
      select from idempotency_keys
      where created_at > ${now}::timestamptz - interval '24 hours' and request_id in (
        select request_id from request_images where generation_id = picture.generation_id
      )
    )
  )`
}

/** Whether an edit that is queued or runs starts from the bytes of a row of `images`. */
export function isStillToBeRead(alias: string): RawBuilder<boolean> {
  const objectHash = sql.ref(`${alias}.object_hash`)
  return sql<boolean>`exists (
    select from generations as edit
    where edit.status in ('queued', 'running') and edit.inputs is not null and (
      edit.inputs -> 'image' ->> 'hash' = ${objectHash} or edit.inputs -> 'mask' ->> 'hash' = ${objectHash}
      or edit.inputs -> 'references' @> jsonb_build_array(jsonb_build_object('hash', ${objectHash}))
    )
  )`
}

/** An ask for a picture that is there is a use of it, too. */
const lastUse = sql`greatest(
  picture.created_at, picture.last_used_at,
  (select max(requests.created_at) from request_images
    join requests on requests.id = request_images.request_id
    where request_images.generation_id = picture.generation_id)
)`

/** Failed and cancelled generations (as `record`) that no scope which asked for them lists any more. */
export function expiredRecord(defaults: RetentionRule, now: Date): RawBuilder<boolean> {
  return sql<boolean>`(
    record.status in ('failed', 'cancelled')
    and not exists (
      select from (
        select requests.project, requests.scope
        from request_images join requests on requests.id = request_images.request_id
        where request_images.generation_id = record.id
        union
        select record.project, record.scope
      ) as place
      left join scopes as rule on rule.project = place.project and rule.name = place.scope
      where not ${ruleHasEnded(defaults, now, { madeAt: sql`record.settled_at`, usedAt: sql`record.settled_at` })}
    )
    and not exists (select from scope_charges where generation_id = record.id and created_at > now() - interval '2 days')
    and not exists (
      select from carousels where base_generation_id = record.id and status in ('queued', 'running')
    )
    and not exists (
      select from idempotency_keys
      where created_at > ${now}::timestamptz - interval '24 hours' and request_id in (
        select request_id from request_images where generation_id = record.id
      )
    )
  )`
}

/** Settled carousels (as `carousel`) that their scope keeps no longer. Who looks at a slide uses the carousel. */
export function expiredCarousel(defaults: RetentionRule, now: Date): RawBuilder<boolean> {
  const usedAt = sql`greatest(
    carousel.created_at, carousel.settled_at,
    (select max(images.last_used_at) from carousel_slides join images on images.id = carousel_slides.image_id
      where carousel_slides.carousel_id = carousel.id)
  )`
  return sql<boolean>`(
    carousel.status in ('stored', 'failed', 'cancelled')
    and exists (
      select from (select carousel.project, carousel.scope) as place
      left join scopes as rule on rule.project = place.project and rule.name = place.scope
      where ${ruleHasEnded(defaults, now, { madeAt: sql`carousel.created_at`, usedAt })}
    )
    and not exists (
      select from idempotency_keys
      where created_at > ${now}::timestamptz - interval '24 hours' and request_id = carousel.id
    )
  )`
}
