import type { SceneFeature, SceneName, SubjectName } from './meaning.ts'

interface SceneRow {
  scene: SceneName
  /** 2: the word names the scene. 1: it speaks of it. Below: a hint that any named scene overrules. */
  weight: number
  feature?: SceneFeature
  /** The words name things that belong to the scene and have no shape yet: the user is told. */
  undrawn?: boolean
  words: string
}

/** Words that speak of a scene. */
export const sceneWords: readonly SceneRow[] = [
  {
    scene: 'sea',
    weight: 2,
    words: `sea seaside ocean seascape coast coastal coastline marine maritime meer ozean kuste mer littoral mar
      oceano laut samudra pesisir`,
  },
  {
    scene: 'sea',
    weight: 2,
    feature: 'beach',
    words: 'beach shore seashore strand plage playa pantai tropical palm palms caribbean hawaii maldives',
  },
  { scene: 'sea', weight: 2, feature: 'island', words: 'island isle insel ile isla pulau cliff cliffs' },
  { scene: 'sea', weight: 1.5, feature: 'waves', words: 'wave surf tide welle vague ola ombak' },
  { scene: 'sea', weight: 1, words: 'harbour harbor bay port pier fjord horizon seagull gull' },
  { scene: 'sea', weight: 1, undrawn: true, words: 'whale dolphin surfer mermaid turtle shark octopus fish' },
  {
    scene: 'sea',
    weight: 1.5,
    feature: 'palms',
    words: 'tropical palm palms palm_tree hawaii bali caribbean maldives',
  },
  {
    scene: 'mountains',
    weight: 2,
    words: `mountain mountainous peak alps alpine summit range ridge himalaya volcano berg berge gebirge montagne
      montana gunung pegunungan everest fuji rockies andes`,
  },
  { scene: 'mountains', weight: 2, feature: 'lake', words: 'lake see_shore bergsee lac lago danau tarn' },
  { scene: 'mountains', weight: 1, feature: 'snowy', words: 'glacier snowcapped ski' },
  { scene: 'mountains', weight: 0.8, feature: 'lake', words: 'reflection reflections' },
  {
    scene: 'mountains',
    weight: 0.9,
    words: 'valley tal vallee valle lembah landscape scenery landschaft paysage',
  },
  {
    scene: 'forest',
    weight: 2,
    words:
      'forest woods woodland woodlands jungle rainforest wald foret bosque selva hutan clearing grove taiga',
  },
  {
    scene: 'forest',
    weight: 1.5,
    feature: 'conifers',
    words: 'pine pines fir firs spruce conifer evergreen',
  },
  { scene: 'forest', weight: 1.5, feature: 'birches', words: 'birch birches birke bouleau aspen' },
  { scene: 'forest', weight: 0.9, words: 'fern moss trail path' },
  {
    scene: 'city',
    weight: 2,
    words: `city cityscape skyline downtown town urban metropolis skyscraper skyscrapers building buildings rooftop
      street streets alley new_york tokyo paris london berlin jakarta chicago manhattan hong_kong stadt
      grossstadt ville ciudad kota gedung cyberpunk`,
  },
  { scene: 'city', weight: 1, feature: 'river', words: 'bridge waterfront' },
  { scene: 'city', weight: 0.8, words: 'traffic office apartment' },
  {
    scene: 'desert',
    weight: 2,
    words: 'desert dune dunes sahara sand sandy wuste desierto duna gurun sable arena oasis mars',
  },
  { scene: 'desert', weight: 2, feature: 'cactus', words: 'cactus cacti saguaro kaktus arizona sonora' },
  { scene: 'desert', weight: 2, feature: 'canyon', words: 'canyon mesa butte badlands utah monument_valley' },
  { scene: 'desert', weight: 0.9, words: 'caravan nomad' },
  {
    scene: 'space',
    weight: 2,
    words: `space outer_space cosmos cosmic universe interstellar astronomy weltraum
      weltall espace espacio angkasa luar_angkasa`,
  },
  {
    scene: 'space',
    weight: 2,
    feature: 'planet',
    words: 'planet planets saturn jupiter neptune moons alien planete planeta exoplanet',
  },
  {
    scene: 'space',
    weight: 2,
    feature: 'galaxy',
    words: 'galaxy galaxies nebula milky_way galaksi galaxie galaxia',
  },
  {
    scene: 'space',
    weight: 0.7,
    feature: 'galaxy',
    words: 'starry_night night_sky comet meteor constellation',
  },
  {
    scene: 'meadow',
    weight: 2,
    words: `meadow hill hills hillside rolling_hills field fields countryside pasture prairie grassland farmland
      tuscany wiese hugel feld champ colline prairie pradera colina campo padang bukit sawah village`,
  },
  {
    scene: 'meadow',
    weight: 1.6,
    feature: 'flowers',
    words: `flower wildflower poppy poppies tulip sunflower daisy blossom lavender garden blume blumen fleur flor
      flores bunga spring_meadow`,
  },
  { scene: 'meadow', weight: 1.4, feature: 'fields', words: 'farm wheat barn vineyard rice harvest' },
  { scene: 'meadow', weight: 0.8, words: 'grass park picnic' },
  { scene: 'mountains', weight: 0.8, undrawn: true, words: 'canoe kayak hiker climber goat' },
  {
    scene: 'forest',
    weight: 0.9,
    undrawn: true,
    words: 'deer owl mushroom wolf bear unicorn elf fairy squirrel',
  },
  { scene: 'city', weight: 0.8, undrawn: true, words: 'car taxi tram bus train bicycle' },
  { scene: 'city', weight: 1.5, feature: 'neon', words: 'neon cyberpunk' },
  { scene: 'desert', weight: 0.9, undrawn: true, words: 'camel pyramid pyramids scorpion' },
  { scene: 'space', weight: 2, undrawn: true, words: 'astronaut spaceship rocket satellite ufo' },
  {
    scene: 'meadow',
    weight: 0.8,
    undrawn: true,
    words: 'sheep cow cows horse horses dog rabbit tractor butterfly',
  },
  {
    scene: 'table',
    weight: 2,
    words: 'still_life table tabletop interior kitchen stillleben tisch nature_morte bodegon meja',
  },
  {
    scene: 'table',
    weight: 1.6,
    feature: 'fruit',
    words: 'fruit peach buah bowl apple pear lemon apfel pomme manzana apel birne poire zitrone citron limon',
  },
  { scene: 'table', weight: 0.1, feature: 'apple', words: 'apple apfel pomme manzana apel' },
  { scene: 'table', weight: 0.1, feature: 'pear', words: 'pear birne poire' },
  { scene: 'table', weight: 0.1, feature: 'lemon', words: 'lemon zitrone citron limon' },
  {
    scene: 'table',
    weight: 1.6,
    feature: 'cup',
    words: 'coffee tea cup mug espresso cappuccino kaffee cafe kopi teh',
  },
  { scene: 'table', weight: 1.6, feature: 'vase', words: 'vase bouquet florero jarron' },
]

interface SubjectRow {
  subject: SubjectName
  words: string
  /** Parts whose colour is the subject's colour: `red sails`. */
  parts?: string
}

/** Words that name a subject. */
export const subjectWords: readonly SubjectRow[] = [
  {
    subject: 'sailboat',
    words: `sailboat sail_boat sailing_boat sailing_ship boat yacht ship sloop schooner regatta dinghy segelboot
      schiff boot voilier bateau velero barco perahu kapal perahu_layar sailing`,
    parts: 'sail sails segel voile velas layar',
  },
  {
    subject: 'tree',
    words: 'tree oak maple cherry_tree willow lone_tree baum arbre arbol pohon bonsai cherry_blossom sakura',
    parts: 'leaf leaves foliage canopy',
  },
  {
    subject: 'house',
    words: `house cabin cottage hut home barn chalet farmhouse log_cabin lodge haus hutte maison cabane casa
      cabana rumah gubuk village church`,
    parts: 'roof dach toit tejado atap',
  },
  {
    subject: 'lighthouse',
    words: 'lighthouse light_house leuchtturm phare faro mercusuar beacon',
    parts: 'stripe stripes striped',
  },
  {
    subject: 'bird',
    words: `bird seagull gull swallow crow raven eagle crane goose geese flock heron vogel oiseau oiseaux pajaro
      pajaros ave burung stork swan`,
    parts: 'wing wings',
  },
  {
    subject: 'cat',
    words: 'cat kitten kitty tomcat katze kater chat gato gata kucing feline',
  },
  {
    subject: 'fox',
    words: 'fox fuchs renard zorro rubah vixen',
  },
  {
    subject: 'balloon',
    words: `balloon hot_air_balloon air_balloon ballon heissluftballon montgolfiere globo
      balon balon_udara globo_aerostatico airship zeppelin`,
  },
]
