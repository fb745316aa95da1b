"""The words that replies are made of, in Norwegian (nb, nn), Swedish, Danish and English.

Only words: how they are used stands in :mod:`surveys.reading`. All are lower case.
"""

# ruff: noqa: E501 (lists of words read better whole)

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBERS: dict[str, int] = {
    word: value
    for value, words in {
        0: "null zero noll nul",
        2: "två tva two",
        3: "tre three",
        4: "fire fyra four",
        5: "fem five",
        6: "seks sex six",
        7: "sju sjau syv seven",
        8: "åtte åtta otte eight atte aatte eigth eihgt",
        9: "ni nio nine",
        10: "ti tio ten",
        11: "elleve elva eleven",
        12: "tolv twelve",
        100: "hundre hundra hundrede hundred",
    }.items()
    for word in words.split()
}
# Articles and prepositions as well: a number only where nothing else is said.
NUMBERS_ALONE: dict[str, int] = {
    **dict.fromkeys(["en", "én", "ein", "éin", "ett", "eitt", "et", "ét", "one", "ener"], 1),
    "to": 2,
}
# "En klar åtter": said of marks only.
NOUNS: dict[str, int] = {
    word: value
    for value, words in {
        1: "ener ettall ettal eittal enar etta einar",
        2: "toer toar tvåa totall total2",
        3: "treer trear trea treter tretall tretal",
        4: "firer firar firtall firetall fyrtal",
        5: "femmer femmar femma femtall femtal",
        6: "sekser seksar sexa sexer sekstall sekstal",
        7: "sjuer sjuar sjua syver sjutall syvtall syvtal",
        8: "åtter åttar åttær ottetal åttetall åttetal otter",
        9: "nier niar nia nitall nital",
        10: "tier tiar tia titall tital",
    }.items()
    for word in words.split()
    if word.isalpha()
}
# What is counted or measured: a number in front of it is no score.
UNITS = _set(
    """
    dag dager dagar dage dagers døgn dygn uke uker veke veker vecka veckor uge uger måned måneder månad månader
    mnd år time timer timar timmar timme min minutt minutter minuttar minuter minuts sekund sekunder sek gang
    ganger gonger gånger gange stk stykk stykker styck person personer mennesker folk ansatte medarbeidere
    kunder kunde samtaler samtalar samtal samtale telefoner telefonar oppringninger anrop opkald henvendelser
    mail mailer mails epost eposter meldinger meldingar sms beskeder meddelanden forsøk försök etasje etasjer
    gb mb kb mbit mbps gbit kwh km m meter mil kg cm barn feil problemer ting ulike forskjellige andre
    pakke pakker varer ruter rutere modem modemer dekoder kort kortet simkort konto kontoer sak saker tilbud brev tekniker
    teknikere montører selger selgere kanal kanaler kanalar bestilling bestillinger ordrer artikler bilder nummer mobil
    mobiler mobilar klemmer agents guys women children tickets ticket order orders packages package
    samtalar ärenden ärende barna gangen gongen gången megabit mega mill million søsken siblings mann quid bucks telefonsamtaler sesong råd tips forslag
    sesonger steder plasser runder runde feilmeldinger dekning spørsmål abonnement abonnementer linjer regninger fakturaer fakturaar fakturor millioner
    day days hour hours minute minutes mins second seconds week weeks month months year years yrs time times
    people persons person customers agents calls call emails messages attempts tries things bills invoices
    lines different other phones kids children euro
    """
) - {"sek"}
MONEY = _set("kr kroner kronor kr. nok sek dkk eur euro usd dollar dollars øre pund")
STARS = _set("stjerne stjerner stjernar stjärna stjärnor star stars stjernes")
POINTS = _set("poeng points point pts poäng pkt pt p")
MONTHS = _set(
    """
    januar februar mars april mai juni juli august september oktober november desember
    january february march may june july october december januari februari maj augusti marts
    jan feb apr jun jul aug sept sep okt oct nov des dec
    """
)
# A mark follows, perhaps after fillers: "jeg gir dere en klar 9", "karakteren er 8".
GIVERS = _set(
    """
    gir gi gjev gje gjer ger giver give gives giving gave gav ga gitt given säga seia seie rate rated rates rater scorer score
    scoren skår skåre poengsum karakter karakteren karakterar betyg betyget vurdering vurderinga
    vurderingen vurderer rating svar svaret svarer svarar answer sier seier si säger siger say setter set sett
    sätter stemmer synes synest syns tycker tycks tykkjer tykkjest tenker tenkjer tenkte satser heller velger vote fortjener förtjänar fortjener deserve deserves tilfredshet
    fornøydhet terning resultat total totalt sum tall tallet siffer skala scale betygsätter bedømmer bedømmelse
    omdöme anmeldelse gjer gjir jir mente mener meiner meinte meant mean believe tror trur tror think guess lander
    """
) - {"terning"}
# "Kari får 9", "det blir 8", but not "jeg får 9" and "vi blir 4".
RECEIVERS = _set("får fær gets get blir bliver vert bli bi")
# "Det vart 9", but not "regningen ble 9".
RESULTS = _set("ble vart blei blev")
IT = _set("det d da it")
WAS = _set("var was")
# "Servicen var 9", but not "ventetiden var 9".
SERVED = _set(
    """
    service servicen kundeservice kundeservicen hjelp hjelpen hjelpa hjälpen hjælpen support supporten betjening
    betjeningen behandling behandlingen behandlinga opplevelse opplevelsen opplevinga upplevelsen oplevelsen experience
    """
)
GO_WITH = _set("go going goes går gå")
FILLERS = _set(
    """
    en ein et ett ei eit a an it the you them dere deg det den dette dykk er is är på som helt klart
    it's its that's klar sikker solid sterk svak full fullt glatt vel heilt absolutt definitivt soleklar stor rein ren tydelig
    sånn ca cirka omtrent rundt om about around like maybe kanskje kanskje kanske vil ville would will must må
    skal jer er eder servicen service hjelpen hjelpa helpen supporten support stabil god godt bra nok sikkert
    min mitt my our vår vårt ditt din nå no nu today dag her i'd overall alt all i
    dokker dokke dokk dåkker dykkar jær er bare berre bara kun only just even ein fast faktisk faktiskt actually guys folkens
    """
)
# "Gir jeg 8", but not "jeg er 8".
PRONOUNS = _set("jeg eg jag æ æg je jæ vi me we")
# What may stand before a number without a mark of its own: "veldig bra service 9", "takk 10".
BEFORE = _set(
    """
    treet pott dvs desverre dessvere honestly honest tbh ærlig     hei hi hello hallo hej heisann god hey ja jo jau ok okay tja tjaa hm hmm takk tack tak thanks thank thx
    veldig bra supert super topp flott fint fin perfekt utmerket fantastisk fantastiskt strålende kjempebra
    kjempefornøyd fornøyd nøgd nøgde nöjd nöjda tilfreds misfornøyd misnøgd missnöjd utilfreds
    dårlig dårleg dålig dårligt elendig forferdelig hyggelig hyggeleg trevlig venlig rask raskt snabb hurtig
    hjelpsom hjelpsomt hjelpsam service servicen hjelp hjelpen hjelpa hjälp hjälpen hjælp hjælpen betjening
    behandling opplevelse oppleving upplevelse oplevelse good great excellent perfect awesome nice happy
    satisfied very pleased helpful bad poor terrible awful help experience brilliant amazing ok greit grei
    middels ganske helt heilt super-fornøyd kjempe kjempegod helpen tusen hjertelig mange selvfølgelig
    sjølvsagt absolutt definitivt definitely absolutely certainly sure antakelig trolig probably hjelpsomme
    så altså derfor so men but ellers elles otherwise annars likevel still dessverre tyvärr desværre unfortunately
    sorry beklager easily lett enkelt much lot bedre betre bättre better lady dame dama damen fyr fyren guy rett lite
    strong quick fast ubetinget tvil solved løst fixed fikset ordnet blank fair undersøkelse undersøkelsen survey
    greitt poeng toppers tommel toppen karakter opp
    """
)
# What may follow a number that stands for itself: "9 og takk for hjelpen", "8 veldig bra".
AFTER = _set(
    """
    og men fordi for vel takk tack tak tusen mange hilsen mvh hälsningar regards bra veldig kjempe kjempebra
    kjempefornøyd kjempehyggelig super supert superbra god godt gode fin fint flott topp perfekt utmerket
    fantastisk strålende fornøyd nøgd nöjd tilfreds misfornøyd misnøgd hyggelig hyggeleg trevlig trevligt
    rask raskt snill snilt hjelpsom service och because cause and but very great good excellent
    perfect thanks thank thx from happy satisfied helpful awesome amazing brilliant nice dårlig dårleg dålig
    elendig treg tregt forferdelig ikke ikkje inte not ingen litt litt lang lange ganske helt heilt alt
    herfra herifrån to til till på mycket jättebra jätte meget rigtig virkelig verkligen verkeleg really
    bad poor terrible awful horrible selv sjølv själv selvom although though even venlig vennlig
    kanskje kanske maybe omtrent ca cirka sikkert vil would i'd tror think sier synes tycker synest stor
    middels ok okay greit grei da then please hei absolutt absolut definitivt så so as klart
    pga grunnet flink flinkt kjempeflink best never aldri aldrig hun han ho
    svært særdeles ekstremt utrolig midt siden sidan eftersom ettersom since toppers selvfølgelig sjølvsagt pluss
    plus minus ring ish tommel toppen easily lett guess dessverre tyvärr unfortunately sorry beklager altså
    treig treigt sen sent slow rating score poengsum nå no nu lol haha hehe xx blank kæmpe hurra yes yay wow
    altfor ventet venta vente väntade ventede waited måtte fikk fekk fick hadde fortsatt framleis enda
    ennå dyrt dyr dyrare dyrere billig tungvint vanskelig vanskeleg håpløst håplaust uhjelpelig frekk uhøflig
    unødvendig skuffende skuffa skuffet løste løyste fungerer fungerte virker virket too waiting still expensive
    """
)
# What follows a number in digits that opens a reply, or has a mark before it, and would else look like something
# that is counted. Words of the grammar only.
FOLLOWERS = _set(
    """
    vi dere dokker denne min mitt mine my you he she we these those the there here der her når sen kan kunne vil ville
    skal skulle må måste har ha can could will would must did does do got took have has had ble vart blev gikk gjekk
    uten med with mot etter etterpå efter after under over before because while though although nei no yes ingen none
    istedenfor istedetfor hjelp help please vennligst svar hilsen mvh mye mykje ventetid lange være kunde kundeservice service
    """
)
# These tie a number to something else, or say something about it: "3 som ikke visste", "10 er for lite".
TIES = _set(
    "som av of stk gb g igjen left remaining x new ny nye nytt liten annen annet anden more another ekstra"
)
# "Til 8" and "fem på" point at something else, also where it is not said.
TOWARDS = _set("til to på over")
IS = _set("er is are var was were")
IN = _set("i in")
# "8 i karakter", "7 I guess", "9 is my answer", "7 er svaret mitt".
AFTER_I = _set(
    "dag karakter score snitt alt guess think say would am was had have suppose feel believe called waited"
)
AFTER_IS = _set("my min mitt svaret karakteren passende fair greit rett riktig fint bra ok good enough nok")
# "Ni" is nine, and "you" in Swedish.
AFTER_NINE = _set(
    "takk tack tak og och men but for fordi fra frå från herfra poeng tusen veldig bra super supert helt av i til er god godt litt"
)
# "Kjempefornøyd", "superfint": praise and blame of any kind.
STRONG = (
    "kjempe",
    "kæmpe",
    "super",
    "jätte",
    "topp",
    "kanon",
    "knall",
    "mega",
    "skikkel",
    "utrol",
    "fantasti",
    "fornøy",
    "misfornøy",
)
# What can be counted ends like this, or describes it: "3 dyre måneder", "4 agents", "2 problemer", "3 snabba svar".
PLURAL = ("er", "ar", "or", "e", "s", "iga", "ska", "r'")
# ... but these, which only look like it.
NOT_PLURAL = _set(
    """
    var klar tar drar får går sier her der eller etter efter over under never better however after her super mangler venter
    håper synes tipper tenker synd ingenting selve hele verre bedre midt was is this thanks thx always yes its as has does us
    plus less unless perhaps sometimes good's it's that's customer mer mere mindre minus ellers hilsen langt likevel ikkje
    hjelper hjalp greie forresten jättebra takk's gjerne hverken egentlig rude nice fine
    """
)
# "9 i morgen", "8 på kvelden", "9 i kveld": a time of the day.
TIMES = _set(
    """
    morgen imorgen imorgon morgon morra kveld ikveld kvelden morgenen formiddag formiddagen ettermiddag ettermiddagen
    natt natta natten dagen tomorrow tonight evening morning mandag tirsdag onsdag torsdag fredag lørdag søndag måndag
    tisdag lördag söndag laurdag rad strekk streck træk row monday tuesday wednesday thursday friday saturday sunday presis
    """
)
# Adjectives of one thing, adverbs and definite nouns are not counted: "2 ubrukelig", "3 systemet".
UNCOUNTED = ("ig", "leg", "løs", "laus", "isk", "ly", "et", "overall", "half", "all", "less", "ful", "bar")
# Between a number and what it counts: "3 veldig lange dager", "4 great calls".
QUALIFIERS = _set(
    """
    veldig very really so too altfor lange lang long bra god gode good great bad poor terrible awful nice happy fine
    dårlig dårlige expensive excellent perfect awesome amazing brilliant helpful big små store stor hele whole full
    """
)
# "Ikke 8": what it is not. "Nesten 10": it is not that either, but close.
DENIALS = _set(
    "istedenfor istedetfor ikke ikkje inte icke not isn't wasn't aldri aldrig never neppe hverken verken ei ikkj itj itte ente"
)
# "10 … NOT", "10? Nei": taken back with the last word.
TAKEN_BACK = DENIALS | _set("nei nej nope no nah neida neppe")
IRONY = _set("ironi ironisk ironiskt irony ironic sarkasme sarkasm sarkastisk sarkastiskt sarcasm sarcastic")
NEARLY = _set("nesten nästan næsten almost nearly")
BOUNDS = _set(
    "nesten nästan næsten almost nearly enn än end than over under minst maks max minimum maksimum høyst least most knapt hardly"
)
ARTICLES = _set(
    "en ein et ett a an helt heilt akkurat verdt verd verdig som worth exactly quite really the noen"
)
# "Kunne vært 10", "skulle gjerne gitt 10": what it might have been.
# Nouns and adjectives of praise, by their ends: "kundeservice 8", "hyggelig 9".
PRAISED = (
    "service",
    "servicen",
    "hjelp",
    "hjelpen",
    "hjelpa",
    "betjening",
    "behandling",
    "lig",
    "leg",
    "ligt",
    "ful",
    "fullt",
    "somt",
)
MIGHT = _set("kunne burde skulle hadde könnat kunde borde hade could should wish might ønske have")
MIGHT_BE = _set(
    "vært være blitt bli gitt gi fått få gett varit vara blivit fått givet give given gave been be været blevet gje gjeve vore"
)
# Of "would": "10 would have been …", but not "9 would be my score".
MIGHT_HAVE_BEEN = _set("have ha vært blitt gitt fått gett varit been given been blevet vore gjeve")
WOULD = _set("hadde hade havde ville would")
# "Karakter8": written together.
MARKS = _set("karakter score svar betyg rating poeng vurdering")
# "Bra10", and with a word of STRONG as well; but not "topp10" and "super8", which are names of things.
GLUED = _set(
    "bra good great perfect perfekt flott fint fornøyd nøgd nöjd utmerket excellent awesome dårlig bad takk tack tak"
)
NAMES = _set("topp top super mega")
# "Sist ga jeg 8", but not "bedre enn sist, 8".
BEFORE_NOW = _set("sist forrige senast förra sidst")
LAST = _set("time week month gang")
NOBODY = _set("ingen nobody none ingenting noone")
TO_GIVE = _set("gi give ge gje gjeve")
# "10 når dere ringer", but not "9 når jeg endelig kom gjennom".
ONCE = _set("når när om når when once")
OTHERS = _set("det dere de dykk ni you it they someone noen")
MUST = _set("gotta must will to has")
AFTER_VERB = {"with": GO_WITH, "be": MUST}
IF = _set("hvis viss dersom såfremt if unless forutsatt")
# The first words of what is said in several: scales, times, money, links, smileys.
OPENERS = _set(
    """
    skala skalaen scale fra frå från from mellom between av af of by kl klokka klokken klokkå klockan at
    kr nok sek dkk eur usd tusen tusind thousand terningkast http https www d p o nr no nummer number
    trekk trekker trekkjer trekkes drar drog dro dras minus pluss plus deduct deducted deducting subtract
    """
)
# A number inside of a question is what is asked about.
QUESTION_STARTERS = _set(
    """
    hva hvorfor hvordan hvor hvem når hvilken kan er skal vil har kva kvifor korleis kvar kven
    vad varför hur var vem när hvad what why how where who when can is are do does did could would will
    """
)
YES = _set("1 ja jo jau yes y yep yeah jepp japp absolutt selvfølgelig ja! jada visst jepp sant stemmer")
NO = _set("2 nei nej no n nope nix niks neppe næ nä nei! neida")
