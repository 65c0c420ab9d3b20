"""How exports and respondents write that there is no answer, in words and in codes."""

from __future__ import annotations

import re
from typing import Literal

from sexresearch.survey.spelling import folded

# Why a text or code counts as no answer.
Because = Literal["declared missing", "the label in the file", "a usual word of no answer"]
# How exports write an empty cell; "." and "#NULL!" are what SPSS makes of it in text and in Excel.
MISSING_WORDS = frozenset({"", ".", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "#NULL!"})
# Codes that questionnaires give to "no answer"; a scale that reaches them uses them as answers.
MISSING_CODES = frozenset(
    {-1, -2, -7, -8, -9, -77, -88, -97, -98, -99, -997, -998, -999, -9999}
    | {9, 77, 88, 96, 97, 98, 99, 997, 998, 999, 9999}
)

WORDS_OF_NO_ANSWER = """
English: n/a; na; n.a.; n.a; n. a.; not applicable; not applicable to me; does not apply;
  don't know; dont know; do not know; i don't know;
  dk; no answer; not answered; no opinion; no response; no reply; prefer not to say; prefer not to answer;
  rather not say; refused; refusal; can't say; cannot say; unknown; missing; blank; skipped; not displayed; not asked
German: k.a.; k. a.; ka; keine angabe; keine angaben; keine antwort; weiß nicht; weiß ich nicht; ich weiß nicht;
  weiß nicht genau; kann ich nicht beurteilen; kann ich nicht sagen; kann nicht beurteilen; nicht beurteilbar;
  trifft nicht auf mich zu; nicht zutreffend; entfällt; nicht anwendbar; keine meinung; unbekannt; w.n.; n.b.
French: sans avis; pas d'avis;
  ne sait pas; je ne sais pas; nsp; sans réponse; pas de réponse; non applicable; s.o.; sans objet; sans opinion;
  ne se prononce pas; ne souhaite pas répondre; inconnu
Spanish: no sabe; no sé; no lo sé; ns; ns/nc; no contesta; no sabe/no contesta; sin respuesta; no aplica; no aplicable;
  no procede; prefiero no contestar; prefiero no responder; sin opinión; desconocido
Italian: non so; non lo so; non sa; non risponde; nessuna risposta; non applicabile; non pertinente;
  preferisco non rispondere; senza opinione; non saprei
Portuguese: não sei; não sabe; não responde; não respondeu; sem resposta; não se aplica; não aplicável;
  prefiro não responder; sem opinião; ns/nr
Dutch: weet niet; weet ik niet; weet het niet; geen antwoord; geen mening; niet van toepassing; n.v.t.; nvt;
  zeg ik liever niet; onbekend
Swedish: vet ej; vet inte; ej svar; inget svar; ej tillämpligt; inte tillämpligt; ingen åsikt; vill inte svara;
  ej relevant
Danish and Norwegian: ved ikke; vet ikke; ikke relevant; intet svar; ikke svar; ingen mening; ønsker ikke at svare;
  ønsker ikke å svare; ikke aktuelt
Polish: nie wiem; brak odpowiedzi; nie dotyczy; trudno powiedzieć; odmowa odpowiedzi; nie mam zdania; brak danych
Finnish: en osaa sanoa; eos; ei vastausta; ei koske minua; en tiedä
Czech and Hungarian: nevím; bez odpovědi; nem tudom; nincs válasz
Russian: не знаю; затрудняюсь ответить; нет ответа; не применимо; отказ от ответа
Greek, Japanese and Chinese: δεν γνωρίζω; δεν απαντώ; わからない; 分からない; 無回答; 不知道; 不清楚; 未回答; 不适用
Turkish: bilmiyorum; cevap yok; fikrim yok; uygulanamaz
Signs: -; --; ---; ?; ??; #null; none given
"""
KNOWN = frozenset(
    folded(word)
    for line in re.sub(r"\n +", " ", WORDS_OF_NO_ANSWER).strip().splitlines()
    for word in line.partition(":")[2].split(";")
)
BRACKETS = re.compile(r"[(\[<*](.+?)[)\]>*]")
BETWEEN = re.compile(r"\s*(?:/|,|\||\bor\b|\boder\b|\bou\b|\bo\b)\s*")


def is_no_answer(text: str) -> bool:
    """Whether a text is one of the usual ways to write, in ten languages and more, that there is no answer.

    >>> [is_no_answer(text) for text in ("Don’t know", "[keine Angabe]", "weiß nicht / keine Angabe", "Agree")]
    [True, True, True, False]
    """
    word = folded(text)
    inside = BRACKETS.fullmatch(word)
    word = (inside.group(1) if inside else word).strip().rstrip(".!") or word
    if word in KNOWN or f"{word}." in KNOWN:
        return True
    parts = BETWEEN.split(word)
    return len(parts) > 1 and all(part in KNOWN or f"{part}." in KNOWN for part in parts)
