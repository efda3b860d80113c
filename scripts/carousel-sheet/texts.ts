import type { SlideText } from '@darkroom/carousel'

/** Carousels to look at: ten scripts, and texts that are hard to set. Each has a hook, a figure, a point, a call. */
export const sheetTexts: Readonly<Record<string, readonly SlideText[]>> = {
  english: [
    {
      kind: 'hook',
      label: 'Field notes',
      title: 'The tool you **never** sharpen is the one that cuts you',
      body: 'Five habits of people who still have ten fingers.',
    },
    { kind: 'credibility', title: '30,000', body: 'table-saw injuries a year, in the United States alone' },
    {
      kind: 'point',
      title: 'Measure twice, then measure the blade',
      body: 'A dull blade pushes back. Check the teeth before every session, and change it **before** you need to.',
    },
    {
      kind: 'cta',
      title: 'Work safely this week',
      body: 'Save this for your next build.',
      label: 'Get the checklist',
    },
  ],
  indonesian: [
    {
      kind: 'hook',
      title: 'Lima kebiasaan kecil yang membuat pagi Anda **lebih tenang**',
      body: 'Tanpa aplikasi, tanpa alarm ketiga.',
    },
    {
      kind: 'credibility',
      title: '73%',
      body: 'pekerja merasa lebih fokus setelah berjalan kaki sepuluh menit',
    },
    {
      kind: 'point',
      title: 'Mulailah dengan segelas air',
      body: 'Tubuh kehilangan cairan sepanjang malam. Minumlah sebelum kopi pertama, bukan sesudahnya.',
    },
    {
      kind: 'cta',
      title: 'Coba selama tujuh hari',
      body: 'Bagikan hasilnya kepada kami.',
      label: 'Mulai sekarang',
    },
  ],
  arabic: [
    { kind: 'hook', title: 'خمس عادات صغيرة تجعل صباحك **أكثر هدوءًا**', body: 'بلا تطبيقات ولا منبّه ثالث.' },
    { kind: 'credibility', title: '٧٣٪', body: 'من العاملين يشعرون بتركيز أفضل بعد مشي عشر دقائق' },
    {
      kind: 'point',
      title: 'ابدأ بكوب من الماء',
      body: 'يفقد الجسم السوائل طوال الليل، فاشرب قبل فنجان القهوة الأول لا بعده.',
    },
    { kind: 'cta', title: 'جرّبها سبعة أيام', body: 'ثم أخبرنا بما تغيّر.', label: 'ابدأ الآن' },
  ],
  hebrew: [
    {
      kind: 'hook',
      title: 'חמישה הרגלים קטנים שיהפכו את הבוקר **לרגוע יותר**',
      body: 'בלי אפליקציות ובלי שעון מעורר שלישי.',
    },
    { kind: 'credibility', title: '73%', body: 'מהעובדים מרוכזים יותר אחרי עשר דקות הליכה' },
    {
      kind: 'point',
      title: 'התחילו בכוס מים',
      body: 'הגוף מאבד נוזלים לאורך הלילה. שתו לפני הקפה הראשון, לא אחריו.',
    },
    { kind: 'cta', title: 'נסו במשך שבוע', body: 'וספרו לנו מה השתנה.', label: 'מתחילים עכשיו' },
  ],
  hindi: [
    { kind: 'hook', title: 'पाँच छोटी आदतें जो आपकी सुबह को **शांत** बना देंगी', body: 'न कोई ऐप, न तीसरा अलार्म।' },
    { kind: 'credibility', title: '७३%', body: 'कर्मचारी दस मिनट टहलने के बाद बेहतर ध्यान लगा पाते हैं' },
    {
      kind: 'point',
      title: 'एक गिलास पानी से शुरुआत करें',
      body: 'रात भर में शरीर से पानी कम हो जाता है। पहली कॉफ़ी से पहले पानी पिएँ, बाद में नहीं।',
    },
    { kind: 'cta', title: 'सात दिन आज़माकर देखें', body: 'और हमें बताएँ क्या बदला।', label: 'अभी शुरू करें' },
  ],
  thai: [
    { kind: 'hook', title: 'ห้านิสัยเล็ก ๆ ที่ทำให้เช้าของคุณ**สงบขึ้น**', body: 'ไม่ต้องใช้แอป ไม่ต้องตั้งปลุกครั้งที่สาม' },
    { kind: 'credibility', title: '73%', body: 'ของคนทำงานมีสมาธิดีขึ้นหลังเดินเพียงสิบนาที' },
    { kind: 'point', title: 'เริ่มต้นด้วยน้ำหนึ่งแก้ว', body: 'ร่างกายเสียน้ำตลอดทั้งคืน ดื่มน้ำก่อนกาแฟแก้วแรก ไม่ใช่หลังจากนั้น' },
    { kind: 'cta', title: 'ลองทำดูเจ็ดวัน', body: 'แล้วเล่าให้เราฟังว่ามีอะไรเปลี่ยนไป', label: 'เริ่มเลย' },
  ],
  chinese: [
    { kind: 'hook', title: '让清晨**更从容**的五个小习惯', body: '不靠应用，也不靠第三个闹钟。' },
    { kind: 'credibility', title: '73%', body: '的上班族在步行十分钟后更加专注' },
    {
      kind: 'point',
      title: '从一杯水开始',
      body: '身体一夜之间会流失不少水分。请在第一杯咖啡之前喝水，而不是之后。',
    },
    { kind: 'cta', title: '试一试，坚持七天', body: '然后告诉我们有什么变化。', label: '现在开始' },
  ],
  japanese: [
    {
      kind: 'hook',
      title: '朝がもっと**静かになる**五つの小さな習慣',
      body: 'アプリも、三つ目の目覚ましもいりません。',
    },
    { kind: 'credibility', title: '73%', body: 'の人が十分間の散歩のあと集中しやすくなったと回答' },
    {
      kind: 'point',
      title: 'まずは一杯の水から',
      body: '眠っているあいだに体の水分は失われます。最初のコーヒーの前に飲みましょう。',
    },
    {
      kind: 'cta',
      title: '七日間ためしてみる',
      body: '変わったことを教えてください。',
      label: '今すぐ始める',
    },
  ],
  korean: [
    {
      kind: 'hook',
      title: '아침을 **더 고요하게** 만드는 다섯 가지 작은 습관',
      body: '앱도, 세 번째 알람도 필요 없습니다.',
    },
    { kind: 'credibility', title: '73%', body: '의 직장인이 10분 산책 후 집중력이 좋아졌다고 답했습니다' },
    {
      kind: 'point',
      title: '물 한 잔으로 시작하세요',
      body: '몸은 밤새 수분을 잃습니다. 첫 커피를 마시기 전에 물부터 드세요.',
    },
    {
      kind: 'cta',
      title: '일주일만 해 보세요',
      body: '무엇이 달라졌는지 알려 주세요.',
      label: '지금 시작하기',
    },
  ],
  russian: [
    {
      kind: 'hook',
      title: 'Пять маленьких привычек для **спокойного** утра',
      body: 'Без приложений и без третьего будильника.',
    },
    { kind: 'credibility', title: '73 %', body: 'сотрудников лучше сосредоточены после десяти минут ходьбы' },
    {
      kind: 'point',
      title: 'Начните со стакана воды',
      body: 'За ночь тело теряет жидкость. Пейте воду до первой чашки кофе, а не после неё.',
    },
    {
      kind: 'cta',
      title: 'Попробуйте семь дней',
      body: 'И расскажите, что изменилось.',
      label: 'Начать сейчас',
    },
  ],
  greek: [
    {
      kind: 'hook',
      title: 'Πέντε μικρές συνήθειες για ένα **πιο ήρεμο** πρωινό',
      body: 'Χωρίς εφαρμογές και χωρίς τρίτο ξυπνητήρι.',
    },
    {
      kind: 'credibility',
      title: '73%',
      body: 'των εργαζομένων συγκεντρώνονται καλύτερα μετά από δέκα λεπτά περπάτημα',
    },
    {
      kind: 'point',
      title: 'Ξεκινήστε με ένα ποτήρι νερό',
      body: 'Το σώμα χάνει υγρά όλη τη νύχτα. Πιείτε νερό πριν από τον πρώτο καφέ.',
    },
    {
      kind: 'cta',
      title: 'Δοκιμάστε το για επτά ημέρες',
      body: 'Και πείτε μας τι άλλαξε.',
      label: 'Ξεκινήστε τώρα',
    },
  ],
  short: [
    { kind: 'hook', title: 'Stop.' },
    { kind: 'credibility', title: '9' },
    { kind: 'point', title: 'Rest' },
    { kind: 'cta', title: 'Go', label: 'OK' },
  ],
  long: [
    {
      kind: 'hook',
      title:
        'Everything we learned from rebuilding a forty-year-old wooden boat in a shed without heating, told in the order in which it went wrong, including the parts we would rather forget',
      body: 'A long story, told slowly, with all of the invoices and none of the excuses, for everyone who has ever said that it would only take a weekend.',
    },
    {
      kind: 'credibility',
      title: 'Recommended by nine out of ten people who have tried both',
      body: 'Journal of Applied Woodworking, volume 12, number 3, pages 204 to 219, a survey among 4,318 professional boatbuilders',
    },
    {
      kind: 'point',
      title: 'Never trust a drawing that somebody else has folded and carried in a back pocket',
      body: 'Paper stretches along the fold, and more so when it is damp. Over three metres that is the thickness of a plank. Measure the boat itself, write it down, and measure again from the other end. If the two do not agree, you have learned something about the boat, or about your tape. Either way you have saved a plank, and planks of that length are hard to find these days.',
    },
    {
      kind: 'cta',
      title: 'Read the whole story, with drawings and prices, on our website before the next winter comes',
      body: 'Free for members, and for everyone who asks nicely, which is most of the people who write to us.',
      label: 'Read the complete story of the boat now',
    },
  ],
  hard: [
    {
      kind: 'hook',
      title: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
    },
    { kind: 'credibility', title: '🔥🔥🔥', body: '👩‍👩‍👧‍👦 🏳️‍🌈 🇮🇩' },
    {
      kind: 'point',
      title: '🚀🌱',
      body: 'Symbols 𝕏 ∑ ⚠ ⇒ and a private \u{f8ff} one; مرحبا inside, 漢字 too.',
    },
    { kind: 'cta', title: '</svg><script>alert(1)</script>', label: '👉 Tap' },
  ],
}
