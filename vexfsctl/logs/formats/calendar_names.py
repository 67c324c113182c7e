"""Names of months in many languages: made by script/calendar-names.

From CLDR, as babel 2.19.0 has it (Unicode License v3). Lower case, no full stop.
"""

# ruff: noqa: E501, RUF001
# fmt: off
NAMES = {
    1: (
        "1月 1월 ean eanáir ene enero faoi gen gener genièr gennaio ian ianuarie ion ionawr jaan "
        "jaanuar jan janar janeiro jannar jannewaris januar januari januarie januaro january "
        "januwari január januára janv janvier janvāris janúar led leden ledna oca ocak "
        "ođđajagemánnu ođđj saus sausio sausis sij siječanj siječnja sty styczeń stycznia tammi "
        "tammikuu tammikuuta urt urtarrila xan xaneiro yan yanvar ιαν ιανουάριοσ ιανουαρίου гыйн "
        "гыйнвар сту студзень студзеня січ січень січня янв январ январь января яну януари јан "
        "јануар јануари қаң қаңтар հնվ հունվար հունվարի ינואר ינו׳ جنوري جنوری يناير ژانویه जनवरी "
        "जन॰ जाने जानेवारी জানু জানুয়ারি ਜਨ ਜਨਵਰੀ જાન્યુ જાન્યુઆરી ଜାନୁଆରୀ ஜன ஜனவரி జన జనవరి ಜನ "
        "ಜನವರಿ ജനു ജനുവരി දුරුතු ม.ค มกราคม ມ.ກ ມັງກອນ ဇန် ဇန်နဝါရီ იან იანვარი មករា 一月 "
    ),
    2: (
        "2月 2월 chw chwef chwefror feabh feabhra feb febbraio febr febreiro febrer febrero "
        "febrewaris febrièr februar februari februarie februaro february februwari február "
        "februára februāris febrúar fev fevereiro fevral fra frar févr février gearr guov "
        "guovvamánnu helmi helmikuu helmikuuta lut lutego luty ots otsaila peb pebrero shk shkurt "
        "vas vasario vasaris veebr veebruar velj veljača veljače úno únor února şub şubat φεβ "
        "φεβρουάριοσ φεβρουαρίου ақп ақпан лют лютага лютий лютого люты феб фебруар фев февр "
        "феврал февраль февраля февруари փետրվար փետրվարի փտվ פברואר פבר׳ فبراير فبروري فروری "
        "فوریه فېبروري फ़रवरी फ़र॰ फेब्रु फेब्रुअरी फेब्रुवारी ফেব ফেব্রুয়ারি ਫ਼ਰ ਫ਼ਰਵਰੀ ફેબ્રુ "
        "ફેબ્રુઆરી ଫେବୃଆରୀ பிப் பிப்ரவரி ఫిబ్ర ఫిబ్రవరి ಫೆಬ್ರ ಫೆಬ್ರವರಿ ഫെബ്രു ഫെബ്രുവരി නවම් ก.พ "
        "กุมภาพันธ์ ກ.ພ ກຸມພາ ဖေ ဖေဖော်ဝါရီ თებ თებერვალი កុម្ភៈ 二月 "
    ),
    3: (
        "3月 3월 bře březen března kov kovas kovo maalis maaliskuu maaliskuuta maart mac machi mar "
        "marca march marec maret mars marso mart martie marto marts martxoa marzec marzo marzu "
        "març março mas mashi maw mawrth mrt màrt márc március márta mäe mäerz mär märts märz "
        "njuk njukčamánnu ožu ožujak ožujka μάρ μάρτιοσ μαρ μαρτίου бер березень березня мар март "
        "марта нау наурыз сак сакавік сакавіка մարտ մարտի մրտ מרץ مارس مارچ मार्च মার্চ ਮਾਰਚ "
        "માર્ચ ମାର୍ଚ୍ଚ மார் மார்ச் మార్చి ಮಾರ್ಚ್ മാർ മാർച്ച് මැදින් มี.ค มีนาคม ມ.ນ ມີນາ မတ် მარ "
        "მარტი មីនា 三月 "
    ),
    4: (
        "4月 4월 abr abril abrëll aib aibreán api apirila apr aprel april aprile aprili aprilie "
        "aprill aprilo apríl apríla aprīlis avr avril bal balandis balandžio cuo cuoŋománnu dub "
        "duben dubna d’abr d’abril ebr ebrill eph ephreli gibl huhti huhtikuu huhtikuuta kwi "
        "kwiecień kwietnia nis nisan pri prill tra travanj travnja ápr április απρ απρίλιοσ "
        "απριλίου апр апрел апрель апреля април квіт квітень квітня кра красавік красавіка сәу "
        "сәуір ապր ապրիլ ապրիլի אפריל אפר׳ آوریل أبريل اپریل अप्रिल अप्रैल एप्रि एप्रिल এপ্রি "
        "এপ্রিল ਅਪ੍ਰੈ ਅਪ੍ਰੈਲ એપ્રિલ ଅପ୍ରେଲ ஏப் ஏப்ரல் ఏప్రి ఏప్రిల్ ಏಪ್ರಿ ಏಪ್ರಿಲ್ ഏപ്രി ഏപ്രിൽ "
        "බක් เม.ย เมษายน ມ.ສ ເມສາ ဧ ဧပြီ აპრ აპრილი មេសា 四月 "
    ),
    5: (
        "5月 5월 beal bealtaine cèit geg gegužė gegužės kvě květen května maaie mag maggio mai "
        "maiatza maig maijs maio maj maja majo may mayo mayıs maí mee mei mej mejju mey meyi mies "
        "miessemánnu máj mája május svi svibanj svibnja touko toukokuu toukokuuta μάι μάιοσ μαΐ "
        "μαΐου май мам мамыр мая мај трав травень травня մայիս մայիսի մյս מאי مئی مايو مه مۍ मई "
        "मे মে ਮਈ મે ମଇ மே మే ಮೇ മേയ് වෙසක් พ.ค พฤษภาคม ພ.ພ ພຶດສະພາ မေ მაი მაისი ឧសភា 五月 "
    ),
    6: (
        "6月 6월 birž birželio birželis cze czerwca czerwiec eka ekaina geas geassemánnu giu giugno "
        "haz haziran hun hunyo iun iunie iyn iyun juin jun june junh junho juni junie junij junio "
        "juny juuni jún júna június júní jūn jūnijs kesä kesäkuu kesäkuuta lipanj lipnja meh "
        "mehefin meith meitheamh qer qershor xuño ògmh červen června čvn ġun ġunju ιουν ιουνίου "
        "ιούν ιούνιοσ июн июнь июня мау маусым черв червень червня чэр чэрвень чэрвеня юни јун "
        "јуни հնս հունիս հունիսի יוני جون يونيو ژوئن जुन जून জুন ਜੂਨ જૂન ଜୁନ ஜூன் జూన్ ಜೂನ್ ജൂൺ "
        "පොසොන් มิ.ย มิถุนายน ມິ.ຖ ມິຖຸນາ ဇွန် ივნ ივნისი មិថុនា 六月 "
    ),
    7: (
        "7月 7월 gor gorff gorffennaf heinä heinäkuu heinäkuuta hul hulyo iuch iul iulie iyl iyul "
        "iúil juil juillet jul julai julayi julhet julho juli julie julij julio juliol july juuli "
        "júl júla július júlí jūl jūlijs korr korrik liep liepa liepos lipca lipiec lug luglio "
        "lul lulju srpanj srpnja suoi suoidnemánnu tem temmuz uzt uztaila xul xullo července "
        "červenec čvc ιουλ ιουλίου ιούλ ιούλιοσ июл июль июля лип липень липня ліп ліпень ліпеня "
        "шіл шілде юли јул јули հլս հուլիս հուլիսի יולי جولائی جولای يوليو ژوئیه जुलाई जुलै जुल॰ "
        "জুল জুলাই ਜੁਲਾ ਜੁਲਾਈ જુલાઈ ଜୁଲାଇ ஜூலை జులై ಜುಲೈ ജൂലൈ ඇසළ ก.ค กรกฎาคม ກ.ລ ກໍລະກົດ ဇူ "
        "ဇူလိုင် ივლ ივლისი កក្កដា 七月 "
    ),
    8: (
        "8月 8월 abu abuztua ag aga agasti ago agost agosti agosto agu agustus août aug august "
        "augusta augusti augusts augustus augusztus avg avgust avq avqust awst aww awwissu ağu "
        "ağustos aŭg aŭgusto borg borgemánnu d’ag d’agost elo elokuu elokuuta gush gusht kol "
        "kolovoz kolovoza lùna lún lúnasa ogo ogos rugp rugpjūtis rugpjūčio sie sierpień sierpnia "
        "srpen srpna ágú ágúst αυγ αυγούστου αύγ αύγουστοσ авг август августа жні жнівень жніўня "
        "серп серпень серпня там тамыз օգոստոս օգոստոսի օգս אוגוסט אוג׳ أغسطس اوت اګست اگست अगस्ट "
        "अगस्त अग॰ ऑग ऑगस्ट আগ আগস্ট ਅਗ ਅਗਸਤ ઑગસ્ટ ଅଗଷ୍ଟ ஆக ஆகஸ்ட் ఆగ ఆగస్టు ಆಗ ಆಗಸ್ಟ್ ഓഗ "
        "ഓഗസ്റ്റ് නිකිණි ส.ค สิงหาคม ສ.ຫ ສິງຫາ ဩ ဩဂုတ် აგვ აგვისტო សីហា 八月 "
    ),
    9: (
        "9月 9월 eyl eylül ira iraila medi mfómh rugs rugsėjis rugsėjo ruj rujan rujna sen sentabr "
        "sentyabr sep sept septemba septembar september septembra septembre septembrie septembris "
        "septembro septhemba septiembre septimber set setembre setembro settembre settembru "
        "setyembre sht shtator sult syys syyskuu syyskuuta szept szeptember wrz wrzesień września "
        "zář září čakč čakčamánnu σεπ σεπτέμβριοσ σεπτεμβρίου вер верасень верасня вересень "
        "вересня сен сент сентябр сентябрь сентября сеп септембар септември қыр қыркүйек սեպ "
        "սեպտեմբեր սեպտեմբերի ספטמבר ספט׳ سبتمبر ستمبر سپتامبر سپتمبر سېپتمبر सप्टें सप्टेंबर "
        "सितंबर सित॰ सेप्टेम्बर সেপ সেপ্ট সেপ্টেম্বর ਸਤੰ ਸਤੰਬਰ સપ્ટે સપ્ટેમ્બર ସେପ୍ଟେମ୍ବର செப் "
        "செப்டம்பர் సెప్టెం సెప్టెంబర్ ಸೆಪ್ಟೆಂ ಸೆಪ್ಟೆಂಬರ್ സെപ്റ്റം സെപ്റ്റംബർ බිනර ก.ย กันยายน "
        "ກ.ຍ ກັນຍາ စက် စက်တင်ဘာ სექ სექტემბერი កញ្ញា 九月 "
    ),
    10: (
        "10月 10월 dfómh dàmh d’oct d’octubre d’octòbre eki ekim golg golggotmánnu hyd hydref loka "
        "lokakuu lokakuuta oct october octobre octombrie octubre octòbre okt oktabr okthoba "
        "oktoba oktobar oktober oktobris oktobro oktoober oktubre oktyabr október októbra ott "
        "ottobre ottubru out outubro paź październik października spal spalio spalis tet tetor "
        "urr urria říj říjen října οκτ οκτωβρίου οκτώβριοσ жовт жовтень жовтня кас кастрычнік "
        "кастрычніка окт октобар октомври октябр октябрь октября қаз қазан հոկ հոկտեմբեր "
        "հոկտեմբերի אוקטובר אוק׳ أكتوبر اکتبر اکتوبر अक्टूबर अक्टू॰ अक्टोबर ऑक्टो ऑक्टोबर অক্টো "
        "অক্টোবর ਅਕਤੂ ਅਕਤੂਬਰ ઑક્ટો ઑક્ટોબર ଅକ୍ଟୋବର அக் அக்டோபர் అక్టో అక్టోబర్ ಅಕ್ಟೋ ಅಕ್ಟೋಬರ್ "
        "ഒക്ടോ ഒക്‌ടോബർ වප් ต.ค ตุลาคม ຕ.ລ ຕຸລາ အောက် အောက်တိုဘာ ოქტ ოქტომბერი តុលា 十月 "
    ),
    11: (
        "11月 11월 aza azaroa kas kasım lapkr lapkritis lapkričio listopadu marras marraskuu "
        "marraskuuta nob nobyembre noiembrie nov novemba novembar november novembra novembre "
        "novembris novembro novembru noviembre novimber noy noyabr nën nëntor nóv nóvember samh "
        "samhain skáb skábmamánnu stu studeni studenoga tach tachwedd νοέ νοέμβριοσ νοε νοεμβρίου "
        "лист листопад листопада ліс лістапад лістапада нов новембар ное ноември ноя нояб ноябр "
        "ноябрь ноября қар қараша նոյ նոյեմբեր նոյեմբերի נובמבר נוב׳ نوامبر نوفمبر نومبر नवंबर "
        "नव॰ नोभेम्बर नोव्हें नोव्हेंबर নভে নভেম্বর ਨਵੰ ਨਵੰਬਰ નવે નવેમ્બર ନଭେମ୍ବର நவ நவம்பர் నవం "
        "నవంబర్ ನವೆಂ ನವೆಂಬರ್ നവം നവംബർ ඉල් พ.ย พฤศจิกายน ພ.ຈ ພະຈິກ နို နိုဝင်ဘာ ნოე ნოემბერი "
        "វិច្ឆិកា 十一月 "
    ),
    12: (
        "12月 12월 abe abendua ara aralık dec decembar december decembra decembre decembrie "
        "decembris decembro dek dekabr des desemba desember desembre desimber dets detsember dez "
        "dezember dezembro dhj dhjetor dic dicembre diciembre dis disemba disember disyembre diċ "
        "diċembru déc décembre dùbh gru grudnia grudzień gruod gruodis gruodžio joulu joulukuu "
        "joulukuuta juov juovlamánnu noll nollaig pro prosinac prosinca prosince prosinec rhag "
        "rhagfyr δεκ δεκέμβριοσ δεκεμβρίου груд грудень грудня дек декабр декабрь декабря "
        "декември дец децембар жел желтоқсан сне снежань снежня դեկ դեկտեմբեր դեկտեմբերի דצמבר "
        "דצמ׳ دسامبر دسمبر ديسمبر डिसें डिसेंबर डिसेम्बर दिसंबर दिस॰ ডিসে ডিসেম্বর ਦਸੰ ਦਸੰਬਰ ડિસે "
        "ડિસેમ્બર ଡିସେମ୍ବର டிச டிசம்பர் డిసెం డిసెంబర్ ಡಿಸೆಂ ಡಿಸೆಂಬರ್ ഡിസം ഡിസംബർ උඳුවප් ธ.ค "
        "ธันวาคม ທ.ວ ທັນວາ ဒီ ဒီဇင်ဘာ დეკ დეკემბერი ធ្នូ 十二月 "
    ),
}
"""Those of each month, by its number; none that means two."""
AMBIGUOUS = (
        "lip lis listopad listopada srp "
)
"""Those that mean one month in one language and another in another."""
# fmt: on
