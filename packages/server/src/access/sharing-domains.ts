/** Which projects share what they make (DESIGN 1): none, unless the operator opened a domain for them. */
export interface SharingDomains {
  domainOf(project: string): string
  /** Under which names cached pictures of a project may lie: its own, and those it shares with. */
  edgeDomainsOf(project: string): readonly string[]
}

/** Domains by name, each with its projects, as `DARKROOM_SHARED_DOMAINS` has them. */
export type SharedDomains = Readonly<Record<string, readonly string[]>>

export function createSharingDomains(shared: SharedDomains): SharingDomains {
  const domains = new Map(
    Object.entries(shared).flatMap(([name, projects]) =>
      // No project can be called so: a colon is in no name.
      projects.map((project) => [project, { name: `shared:${name}`, projects }] as const),
    ),
  )
  return {
    domainOf: (project) => domains.get(project)?.name ?? project,
    edgeDomainsOf: (project) => {
      const domain = domains.get(project)
      return domain === undefined ? [project] : [domain.name, ...domain.projects]
    },
  }
}

/** `undefined`: not of the form `name=project+project,…`, or a project stands in two domains. */
export function parseSharedDomains(text: string): SharedDomains | undefined {
  const name = /^[a-z0-9][a-z0-9_-]{0,62}$/u
  const domains: Record<string, string[]> = Object.create(null) as Record<string, string[]>
  const seen = new Set<string>()
  for (const entry of text.split(',').map((part) => part.trim())) {
    const [domain = '', list = '', ...rest] = entry.split('=')
    const projects = list.split('+')
    if (rest.length > 0 || !name.test(domain) || domain in domains || projects.length < 2) return undefined
    for (const project of projects) {
      if (!name.test(project) || seen.has(project)) return undefined
      seen.add(project)
    }
    domains[domain] = projects
  }
  return domains
}
