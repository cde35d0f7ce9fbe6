"""Postal addresses: a street and a number, in the order and the words of some countries."""

from __future__ import annotations

import re

from notewright.governance.checks.identifiers.pattern import Pattern

_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃ][\w'’.-]{0,40}"
#: The small words between the names in a street's name.
_SMALL = (
    r"(?:d[aeo]s?|del?|della?|dei|degli|dell'|du|des|la|las|los|le|les|l'|y|e|i|van|von|der|den)"
)
_NAME = rf"(?:{_SMALL}[ ]?){{0,3}}{_CAP}(?:[ ](?:{_SMALL}[ ]){{0,2}}{_CAP}){{0,4}}"
_NUMBER = r"\d{1,5}(?:[ ]?[a-zA-Z](?!\w))?(?:[/-]\d{1,4})?(?!\w|\.\d)"

#: In English the word for the street stands last; those that are common elsewhere ("Points") are
#: left out.
_ENGLISH = (
    "Alley|Avenue|Ave|Boulevard|Blvd|Bridge|Bypass|Causeway|Circle|Cir|Close|Court|Courts|Ct"
    "|Cove|Crescent|Crossing|Drive|Drives|Dr|Estate|Estates|Expressway|Freeway|Garden|Gardens"
    "|Glen|Green|Grove|Groves|Harbor|Harbors|Heights|Highway|Hwy|Hill|Hills|Hollow|Island"
    "|Islands|Junction|Knoll|Knolls|Lake|Lakes|Landing|Lane|Ln|Lodge|Loop|Mall|Manor|Meadow"
    "|Meadows|Mews|Mill|Mills|Motorway|Mount|Mountain|Oval|Park|Parks|Parkway|Pkwy|Passage"
    "|Place|Pl|Plaza|Prairie|Ranch|Rapids|Ridge|Ridges|Road|Roads|Rd|Route|Shoal|Shoals|Shore"
    "|Shores|Skyway|Spring|Springs|Spur|Square|Sq|Stravenue|Street|Streets|St|Summit|Terrace"
    "|Throughway|Trail|Tunnel|Turnpike|Valley|Valleys|Viaduct|Village|Villages|Vista|Walk"
    "|Walks|Way|Chowk|Nagar|Marg|Colony|Ganj|Common"
)
#: In German and Dutch it is the end of the name.
_GERMANIC = (
    "straße|strasse|str\\.|weg|allee|platz|gasse|ring|damm|ufer|steig|chaussee|pfad|markt|berg|graben"
    "|straat|laan|plein|gracht|kade|dijk|steeg|hof|pad|singel|boulevard|dreef|baan|weide|park"
    "|gatan|vägen|gränd|stigen|torget"
)
#: In Romance and Slavic languages it stands first, before the number,
_FIRST = (
    "Calle|C/|C\\.|Avenida|Avda?\\.?|Av\\.?|Plaza|Paseo|Ronda|Camino|Vial|Glorieta|Pasaje|Pasadizo|Rambla"
    "|Cuesta|Callej[oó]n|Alameda|Urbanizaci[oó]n|Cañada|Acceso|Via|V[ií]a|Viale|Piazza|Piazzale"
    "|Corso|Strada|Vicolo|Largo|Borgo|Contrada|Rotonda|Stretto|Canale|Incrocio|Rua|R\\.|Travessa"
    "|Tr\\.|Praça|Estrada|Rodovia|Viela|Vila|Beco|Quadra|Condom[ií]nio|Conjunto|Esplanada|Jardim"
    "|Ladeira|Loteamento|Morro|Núcleo|Parque|Pátio|Praia|Recanto|Residencial|Setor|Sítio|Trecho|Trevo"
    "|Vale|Vereda|ul\\.|[Uu]lica|al\\.|[Aa]leja|[Aa]leje|pl\\."
    "|plac|os\\.|osiedle|rondo|skwer"
)
#: and in French behind it.
_FRENCH = "rue|avenue|boulevard|chemin|place|impasse|allée|allee|quai|cours|square|route|passage"

ADDRESSES = tuple(
    Pattern("postal address", re.compile(expression))
    for expression in (
        rf"(?<![\w.,/-])\d{{1,6}}(?:/\d{{1,4}})?[A-Z]?,?[ ](?:{_CAP}[ ]){{1,4}}"
        rf"(?:{_ENGLISH})\b(?!\.\w)",
        rf"(?<!\w)[A-ZÄÖÜÅ][\wäöüßåéë.-]{{1,40}}?(?:{_GERMANIC})[ ]{_NUMBER}",
        rf"(?<!\w)(?:{_CAP}[ -]){{1,3}}"
        rf"(?:Straße|Strasse|Str\.|Weg|Allee|Platz|Gasse|Ring|Ufer|Damm)[ ]{_NUMBER}",
        rf"(?<!\w)(?:{_FIRST})[ ]?{_NAME},?[ ](?:n[.ºo°]{{0,2}}[ ]?)?{_NUMBER}",
        rf"(?<![\w.])\d{{1,4}}(?:[ ]?(?:bis|ter))?,?[ ](?:{_FRENCH})[ ]{_NAME}",
    )
)
