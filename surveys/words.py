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
        7: "sju syv seven",
        8: "åtte åtta otte eight atte aatte",
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
        1: "ettall ettal eittal enar etta einar",
        2: "toer toar tvåa totall total2",
        3: "treer trear trea treter tretall tretal",
        4: "firer firar firtall firetall fyrtal",
        5: "femmer femmar femma femtall femtal",
        6: "sekser seksar sexa sexer sekstall sekstal",
        7: "sjuer sjuar sjua syver sjutall syvtall syvtal",
        8: "åtter åttar ottetal åttetall åttetal otter",
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
    spørsmål abonnement abonnementer linjer regninger fakturaer fakturaar fakturor millioner
    day days hour hours minute minutes mins second seconds week weeks month months year years yrs time times
    people persons person customers agents calls call emails messages attempts tries things bills invoices
    lines different other phones kids children euro
    """
) - {"sek"}
MONEY = _set("kr kroner kronor kr. nok sek dkk eur euro usd dollar dollars øre pund")
STARS = _set("stjerne stjerner stjernar stjärna stjärnor star stars stjernes")
POINTS = _set("poeng points point pts poäng")
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
    gir gi gjev gje gjer ger giver give gives giving gave gav ga gitt given rate rated rates rater scorer score
    scoren skår skåre poengsum karakter karakteren karakterar betyg betyget vurdering vurderinga
    vurderingen vurderer rating svar svaret svarer svarar answer sier seier si säger siger say setter set sett
    sätter blir bliver vert stemmer velger vote fortjener förtjänar fortjener deserve deserves tilfredshet
    fornøydhet terning resultat total totalt sum tall tallet siffer skala scale betygsätter bedømmer bedømmelse
    omdöme anmeldelse
    """
) - {"terning"}
FILLERS = _set(
    """
    en ein et ett ei eit a an it the you them dere deg det den dette dykk er is är på som helt klart
    it's its that's klar sikker solid sterk svak full fullt glatt vel heilt absolutt definitivt soleklar stor rein ren tydelig
    sånn ca cirka omtrent rundt om about around like maybe kanskje kanskje kanske vil ville would will must må
    skal jer er eder servicen service hjelpen hjelpa helpen supporten support stabil god godt bra nok sikkert
    min mitt my our vår vårt ditt din nå no nu today dag her i'd overall alt all i
    """
)
# "Gir jeg 8", but not "jeg er 8".
PRONOUNS = _set("jeg eg jag vi me we")
# What may stand before a number without a mark of its own: "veldig bra service 9", "takk 10".
BEFORE = _set(
    """
    hei hi hello hallo hej heisann god hey ja jo jau ok okay tja tjaa hm hmm takk tack tak thanks thank thx
    veldig bra supert super topp flott fint fin perfekt utmerket fantastisk fantastiskt strålende kjempebra
    kjempefornøyd fornøyd nøgd nøgde nöjd nöjda tilfreds misfornøyd misnøgd missnöjd utilfreds
    dårlig dårleg dålig dårligt elendig forferdelig hyggelig hyggeleg trevlig venlig rask raskt snabb hurtig
    hjelpsom hjelpsomt hjelpsam service servicen hjelp hjelpen hjelpa hjälp hjälpen hjælp hjælpen betjening
    behandling opplevelse oppleving upplevelse oplevelse good great excellent perfect awesome nice happy
    satisfied very pleased helpful bad poor terrible awful help experience brilliant amazing ok greit grei
    middels ganske helt heilt super-fornøyd kjempe kjempegod helpen tusen hjertelig mange selvfølgelig
    sjølvsagt absolutt definitivt definitely absolutely certainly sure antakelig trolig probably hjelpsomme
    så altså derfor so
    """
)
# What may follow a number that stands for itself: "9 og takk for hjelpen", "8 veldig bra".
AFTER = _set(
    """
    og men fordi for takk tack tak tusen mange hilsen mvh hälsningar regards bra veldig kjempe kjempebra
    kjempefornøyd kjempehyggelig super supert superbra god godt gode fin fint flott topp perfekt utmerket
    fantastisk strålende fornøyd nøgd nöjd tilfreds misfornøyd misnøgd hyggelig hyggeleg trevlig trevligt
    rask raskt snill snilt hjelpsom service och because cause and but very great good excellent
    perfect thanks thank thx from happy satisfied helpful awesome amazing brilliant nice dårlig dårleg dålig
    elendig treg tregt forferdelig ikke ikkje inte not ingen litt litt lang lange ganske helt heilt alt
    herfra herifrån to til till på mycket jättebra jätte meget rigtig virkelig verkligen verkeleg really
    bad poor terrible awful horrible selv sjølv själv selvom although though even venlig vennlig
    kanskje kanske maybe omtrent ca cirka sikkert vil would i'd tror think sier synes tycker synest stor
    middels ok okay greit grei da then please hei absolutt absolut definitivt så so som as klart
    pga grunnet flink flinkt kjempeflink best never aldri aldrig hun han ho
    altfor ventet venta vente väntade ventede waited måtte fikk fekk fick hadde fortsatt framleis enda
    ennå dyrt dyr dyrare dyrere billig tungvint vanskelig vanskeleg håpløst håplaust uhjelpelig frekk uhøflig
    unødvendig skuffende skuffa skuffet løste løyste fungerer fungerte virker virket too waiting still expensive
    """
)
# The first words of what is said in several: scales, times, money, links, smileys.
OPENERS = _set(
    """
    skala skalaen scale fra frå från from mellom between av af of by kl klokka klokken klokkå klockan at
    kr nok sek dkk eur usd tusen tusind thousand terningkast http https www d p o
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
