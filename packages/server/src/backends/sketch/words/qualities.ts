import type { TimeOfDay } from '../palette.ts'
import type { ColourName, Meaning, Mood, Season, StyleName, Weather } from './meaning.ts'

type Rows<T> = readonly (readonly [value: T, words: string])[]

/** Parts of the sky, which colour words can name too (`under a pink sky`). */
export const skyWords: Rows<'sky' | 'sun' | 'moon' | 'stars' | 'clouds'> = [
  ['sky', 'sky skies himmel ciel cielo langit'],
  ['sun', 'sun sunny sonne soleil sol matahari sunlight sunshine'],
  ['moon', 'moon moonlight moonlit moonrise full_moon mond lune luna bulan crescent'],
  ['stars', 'star starry stars starlight sterne etoiles estrellas bintang'],
  ['clouds', 'cloud wolke wolken nuage nuages nube nubes awan'],
]

export const timeWords: Rows<TimeOfDay> = [
  ['dawn', 'dawn sunrise daybreak morning early_morning morgen sonnenaufgang aube matin amanecer fajar pagi'],
  ['day', 'noon midday day daytime daylight afternoon mittag tag midi jour mediodia dia siang'],
  [
    'sunset',
    `sunset sundown golden_hour evening_sun golden_light sonnenuntergang abendrot coucher_de_soleil atardecer
     puesta_de_sol ocaso senja matahari_terbenam`,
  ],
  ['dusk', 'dusk twilight blue_hour evening nightfall dammerung abend crepuscule soir anochecer petang'],
  ['night', 'night midnight nighttime nocturne nocturnal nacht nuit noche malam starry_night night_sky'],
]

interface WeatherRow {
  meaning: Extract<Meaning, { kind: 'weather' | 'season' }>
  words: string
}

const weather = (value: Weather, words: string): WeatherRow => ({
  meaning: { kind: 'weather', value },
  words,
})
const season = (value: Season, words: string): WeatherRow => ({ meaning: { kind: 'season', value }, words })

export const weatherWords: readonly WeatherRow[] = [
  weather('fog', 'fog foggy mist misty haze hazy nebel brouillard brume niebla kabut'),
  weather('rain', 'rain rainy drizzle wet regen pluie lluvia hujan'),
  weather('snow', 'snow snowy snowfall snowing blizzard schnee neige nieve salju'),
  weather('storm', 'storm stormy thunder thunderstorm lightning tempest sturm orage tormenta badai'),
  weather('clear', 'clear cloudless crisp'),
  weather('cloudy', 'cloudy overcast clouds bewolkt nublado berawan'),
  weather('aurora', 'aurora northern_lights polarlicht aurora_borealis'),
  season('spring', 'spring springtime fruhling printemps primavera blossom cherry_blossom sakura'),
  season('summer', 'summer sommer ete verano summery'),
  season('autumn', 'autumn autumnal fall herbst automne otono musim_gugur october november'),
  season('winter', 'winter wintry frozen ice icy frost frosty hiver invierno musim_dingin christmas'),
]

export const moodWords: Rows<Mood> = [
  ['calm', 'calm peaceful serene quiet tranquil still gentle ruhig calme tranquilo tenang zen minimalistic'],
  ['dramatic', 'dramatic epic intense majestic wild dramatisch dramatique dramatico vibrant vivid'],
  ['warm', 'warm cosy cozy hot warmes chaud calido hangat'],
  ['cold', 'cold cool chilly kalt froid frio dingin'],
  ['dark', 'dark moody gloomy mysterious dunkel sombre oscuro gelap noir'],
  ['bright', 'bright cheerful joyful happy lumineux alegre cerah colorful colourful'],
  ['dreamy', 'dreamy magical fantasy surreal ethereal whimsical fairytale magisch feerique'],
]

export const styleWords: Rows<StyleName> = [
  ['gouache', 'gouache painting painted illustration sketch-1 default'],
  ['watercolor', 'watercolor watercolour aquarell aquarelle acuarela cat_air'],
  ['minimal', 'minimal minimalist minimalism flat simple minimaliste minimalista'],
  [
    'poster',
    'poster travel_poster screenprint screen_print risograph riso linocut woodcut plakat affiche cartel',
  ],
  ['ink', 'ink sumi sumi-e ink_wash tusche encre tinta monochrome black_and_white grayscale greyscale'],
  ['retro', 'retro vintage 70s 80s synthwave vaporwave retrowave'],
  ['pastel', 'pastel pastels soft pale'],
]

export const colourWords: Rows<ColourName> = [
  ['red', 'red crimson scarlet ruby vermilion rot rote roter rotes roten rouge rojo roja rojos rojas merah'],
  ['orange', 'orange amber tangerine coral naranja jingga oranye oranges'],
  ['yellow', 'yellow lemon_yellow gelb gelbe gelbes gelber jaune amarillo amarilla kuning'],
  ['green', 'green emerald olive lime grun grune grunes gruner vert verte verde hijau'],
  ['teal', 'teal turquoise aqua cyan aquamarine turkis toska'],
  ['blue', 'blue azure cobalt sapphire blau blaue blaues blauer bleu bleue azul biru indigo'],
  ['navy', 'navy navy_blue dark_blue midnight_blue'],
  ['purple', 'purple violet lilac lavender_coloured mauve lila violett violette morado ungu magenta plum'],
  ['pink', 'pink rose_coloured salmon fuchsia rosa merah_muda blush'],
  ['brown', 'brown chestnut wooden braun braune brun marron cokelat coklat'],
  ['white', 'white ivory weiss weisse weisses weisser blanc blanche blanco blanca putih'],
  ['black', 'black schwarz schwarze schwarzes noire negro negra hitam'],
  ['grey', 'grey gray silver grau graue gris abu-abu'],
  ['gold', 'gold golden dore dorado emas'],
  ['cream', 'cream beige creme'],
]

export const countWords: Rows<number> = [
  [1, 'one single lone lonely solitary'],
  [2, 'two pair couple both zwei deux dos dua'],
  [3, 'three drei trois tres tiga'],
  [4, 'four vier quatre cuatro empat'],
  [5, 'five funf cinq cinco lima few several some'],
  [6, 'six sechs seis enam'],
  [7, 'seven sieben sept siete tujuh'],
  [8, 'eight acht huit ocho delapan many'],
  [9, 'nine neun neuf nueve sembilan dozens lots flock fleet'],
]
