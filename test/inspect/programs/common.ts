interface Base {
  bytes: number
}

type Loader = () => Promise<Base>

const loadBase: Loader = async () => {
  const response = await fetch(`${process.env['ORIGIN']}/photo`)
  return { bytes: (await response.arrayBuffer()).byteLength }
}

async function slide(): Promise<number> {
  return (await loadBase()).bytes
}

async function main(): Promise<void> {
  const sizes = await Promise.all([slide(), slide(), slide()])
  console.log(sizes.length)
}

void main()
